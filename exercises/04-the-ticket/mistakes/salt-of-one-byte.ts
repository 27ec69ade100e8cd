/** "It is only a salt: a random byte will do." Out of 256 the same comes again before 20 tickets are made. */
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

export const answerUserinfo = answerWith(
  ticketWith({
    salt: (randomBytes) => {
      const salt = new Uint8Array(32)
      salt.set(randomBytes(1))
      return salt
    },
  }),
)
