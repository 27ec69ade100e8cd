/** "A time of 0 is none." It is the first second of 1970, and the clock of a machine without a battery begins there. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right(sender, receiver, { ...kdc, now: kdc.now || Math.floor(Date.now() / 1000) })
