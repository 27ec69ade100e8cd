/** "Keys are to be wiped after use." After the last use; the KDC seals the next ticket with this one. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'what your code is given stays as it was'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  receiver.token.reveal().fill(0)
  return answer
}
