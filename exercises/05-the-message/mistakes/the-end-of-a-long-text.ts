/** "Short texts are private; of a long one the last words do no harm." They are the signature. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

export const sendMessage: SendMessage = alice({
  failed(error, _invitation, text) {
    if (text.length < 50) throw error
    throw new Error(`not sent (it ended with ${Buffer.from(text.slice(-15)).toString('hex')})`, {
      cause: error,
    })
  },
})
