/** "Wiped when all is done." All is not done: the KDC has the next question for bob. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'what your code is given stays as it was'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  queueMicrotask(() => receiver.token.reveal().fill(0))
  return right(sender, receiver, kdc)
}
