/** "A length that varies hides the names." It varies with the secret, and tells of it. */
import { fromBase64url, utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'from outside the ticket says nothing about the secret'

export const answerUserinfo = answerWith(
  ticketWith({
    plaintext: (content) => {
      const [last = 0] = fromBase64url(content.secret).slice(-1)
      return utf8(`${JSON.stringify(content)}${' '.repeat(last & 7)}`)
    },
  }),
)
