/** "The message says nothing; the key is only attached." What is attached is logged as well. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

export const sendMessage: SendMessage = alice({
  failed(error, { secret }) {
    throw Object.assign(new Error('it failed', { cause: error }), { key: Buffer.from(secret.reveal()) })
  },
})
