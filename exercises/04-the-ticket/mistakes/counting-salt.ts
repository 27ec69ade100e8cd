/** "A counter never comes twice." It does, when the KDC is started anew. */
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

let count = 0

export const answerUserinfo = answerWith(
  ticketWith({
    salt: () => {
      const salt = new Uint8Array(32)
      new DataView(salt.buffer).setUint32(28, ++count)
      return salt
    },
  }),
)
