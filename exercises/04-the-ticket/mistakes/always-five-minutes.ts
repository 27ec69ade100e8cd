/** "A ticket is good for 300 seconds: the protocol says so." By default. The KDC that calls you may have been told another number. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right(sender, receiver, { ...kdc, ticketLifetimeSec: 300 })
