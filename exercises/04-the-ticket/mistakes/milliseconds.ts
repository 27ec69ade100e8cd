/** "Date.now() is the time." It counts milliseconds: such a ticket is good for 55 000 years. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  return right(sender, receiver, {
    ...kdc,
    now: kdc.now * 1000,
    ticketLifetimeSec: kdc.ticketLifetimeSec * 1000,
  })
}
