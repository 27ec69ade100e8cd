/** "The test is about bob." A receiver opens only what was made for it. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'it works for others too, whoever they are and whatever was asked before'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  return right(sender, { ...receiver, username: 'bob' }, kdc)
}
