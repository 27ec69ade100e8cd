/** "32 fresh random bytes: a perfect key." They stand in the header, for all to read. */
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

export const answerUserinfo = answerWith(ticketWith({ key: (_token, salt) => salt }))
