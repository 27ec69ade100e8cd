/** "Alice should not have to ask again." The thief neither. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right(sender, receiver, { ...kdc, ticketLifetimeSec: 10 * 365 * 24 * 3600 })
