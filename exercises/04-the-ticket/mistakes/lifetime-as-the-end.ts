/** "expires_at: the lifetime." It is a time of day, and this one was in January 1970. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right(sender, receiver, { ...kdc, ticketLifetimeSec: kdc.ticketLifetimeSec - kdc.now })
