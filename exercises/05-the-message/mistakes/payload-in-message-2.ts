/** "Message 2 opens, so it is good." It carries something that nobody has agreed on, and that alice has not looked at. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks =
  'what is sealed and is not as agreed ends it, too: no record, an abort, words after the end'

export const sendMessage: SendMessage = alice({
  async prove(wire, handshake) {
    const message2 = await wire.readFrame(48, 65_535)
    if (!message2) throw new Error('bob hung up')
    handshake.readMessage(message2)
  },
})
