/** "Alice to alice is one session." She may have two: the one that listens has another token. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const token = sender.username === receiver.username ? sender.token : receiver.token
  return right(sender, { ...receiver, token }, kdc)
}
