/** "Message 2 has 48 bytes, so I take the first 48." What stands behind them nobody has agreed on, and nobody has looked at. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks =
  'what is sealed and is not as agreed ends it, too: no record, an abort, words after the end'

export const sendMessage: SendMessage = alice({
  async prove(wire, handshake) {
    const message2 = await wire.readFrame(48, 65_535)
    if (!message2) throw new Error('bob hung up')
    handshake.readMessage(message2.subarray(0, 48))
  },
})
