/** "A time is a Date." A Date ends in the year 275760, and is no number beyond; the times of protocol.md §4.3 go on. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right(sender, receiver, { ...kdc, now: new Date(kdc.now * 1000).getTime() / 1000 })
