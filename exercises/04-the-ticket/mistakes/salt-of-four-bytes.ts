/** "Four thousand million salts are enough." At 65 000 tickets two have the same one, as likely as not. */
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

export const answerUserinfo = answerWith(
  ticketWith({
    salt: (randomBytes) => {
      const salt = new Uint8Array(32)
      salt.set(randomBytes(4), 28)
      return salt
    },
  }),
)
