/** "If message 2 does not come, bob is only slow." Then alice tells whoever it is, under the secret alone. */
import { EMPTY, seal, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'not a word before message 2 is there'

export const sendMessage: SendMessage = alice({
  async prove(wire, handshake, { secret }) {
    const message2 = await wire.readFrame(48, 48)
    if (!message2) {
      wire.writeFrame(seal(secret.reveal(), ZERO_NONCE, EMPTY, utf8('are you there?')))
      throw new Error('bob hung up')
    }
    handshake.readMessage(message2)
  },
})
