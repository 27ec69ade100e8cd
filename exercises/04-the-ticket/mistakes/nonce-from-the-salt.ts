/** "A nonce of zeros cannot be right." It is, where every key seals once; and bob uses no other. */
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

export const answerUserinfo = answerWith(ticketWith({ nonce: (salt) => salt.subarray(0, 12) }))
