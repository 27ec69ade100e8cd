/** "The secret is the key, and alice and bob have it." Bob has it once he has opened the ticket. */
import { fromBase64url } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

export const answerUserinfo = answerWith(
  ticketWith({ key: (_token, _salt, { secret }) => fromBase64url(secret) }),
)
