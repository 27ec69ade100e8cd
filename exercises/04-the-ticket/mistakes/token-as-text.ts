/** "The token is text: that is how it is sent." As text it has 43 bytes, and makes another key. */
import { hkdf, toBase64url, utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

export const answerUserinfo = answerWith(
  ticketWith({ key: (token, salt) => hkdf(utf8(toBase64url(token)), salt, 'symbolon/1 ticket') }),
)
