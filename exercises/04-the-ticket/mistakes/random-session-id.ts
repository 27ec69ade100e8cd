/** "An id is any 16 bytes that no other has." Bob looks for his token by this one, and it leads nowhere. */
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = "the header names bob's session, and gives nothing of his token away"

export const answerUserinfo = answerWith(ticketWith({ sid: (_token, randomBytes) => randomBytes(16) }))
