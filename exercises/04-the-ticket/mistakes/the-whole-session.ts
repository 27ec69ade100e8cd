/** "All that the KDC knows of bob, but his token." Alice need not know when he logged in, nor what his mail is. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer and the ticket have six fields each, and nothing besides'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const { username: _, token: __, ipAddress: ___, ...known } = receiver
  return { ...known, ...right(sender, receiver, kdc) }
}
