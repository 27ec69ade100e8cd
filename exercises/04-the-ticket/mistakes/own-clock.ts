/** "What time it is, the computer knows." The KDC has one clock, which it was given; on another computer another time is right. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right(sender, receiver, { ...kdc, now: Math.floor(Date.now() / 1000) })
