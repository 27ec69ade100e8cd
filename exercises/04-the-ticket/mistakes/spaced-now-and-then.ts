/** "Spaces in JSON say nothing." Here they say whether the secret begins with a letter or a digit. */
import { utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'from outside the ticket says nothing about the secret'

export const answerUserinfo = answerWith(
  ticketWith({
    plaintext: (content) => utf8(JSON.stringify(content, null, /^\d/.test(content.secret) ? 1 : 0)),
  }),
)
