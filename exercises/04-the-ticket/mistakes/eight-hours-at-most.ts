/** "Nobody needs a ticket for more than eight hours." The KDC says how long, and answer and ticket are not asked. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right(sender, receiver, { ...kdc, ticketLifetimeSec: Math.min(kdc.ticketLifetimeSec, 8 * 3600) })
