/** "Nobody is to change it." The KDC has to: bob listens at another port from now on. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'what your code is given stays as it was'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right(sender, Object.freeze(receiver), kdc)
