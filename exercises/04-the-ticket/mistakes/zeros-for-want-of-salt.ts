/** "Better a ticket with a plain salt than none." Two of them have one key, and zero nonces. */
import { KEY_BYTES } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'without randomness there is no answer'

export const answerUserinfo = answerWith(
  ticketWith({
    salt: (randomBytes) => {
      try {
        return randomBytes(KEY_BYTES)
      } catch {
        return new Uint8Array(KEY_BYTES)
      }
    },
  }),
)
