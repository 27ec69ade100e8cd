/** "The test is about bob." A receiver opens only what was made for it. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  return right(sender, { ...receiver, username: 'bob' }, kdc)
}
