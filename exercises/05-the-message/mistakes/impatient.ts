/**
 * "After ten seconds without an answer the secret must do." An impostor only has to be silent, and gets the
 * weaker seal.
 */
import { EMPTY, seal, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'an impostor gets nothing, and alice is told'

export const sendMessage: SendMessage = alice({
  async prove(wire, handshake, { secret }) {
    const timer = setTimeout(() => {
      wire.writeFrame(seal(secret.reveal(), ZERO_NONCE, EMPTY, utf8('at nine, by the fountain')))
    }, 10_000)
    try {
      const message2 = await wire.readFrame(48, 48)
      if (!message2) throw new Error('bob hung up')
      handshake.readMessage(message2)
    } finally {
      clearTimeout(timer)
    }
  },
})
