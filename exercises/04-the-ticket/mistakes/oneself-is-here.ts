/** "Who asks for the very session that asks is on this machine." The KDC is on another. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer says where bob listens'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const isSelf = Object.is(sender, receiver)
  return right(sender, isSelf ? { ...receiver, ipAddress: '127.0.0.1' } : receiver, kdc)
}
