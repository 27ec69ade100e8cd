/** "HKDF takes both, so the order does not matter." It does: the first is what the key is made of. */
import { hkdf } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

export const answerUserinfo = answerWith(
  ticketWith({ key: (token, salt) => hkdf(salt, token, 'symbolon/1 ticket') }),
)
