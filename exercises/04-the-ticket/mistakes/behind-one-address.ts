/** "The same address: it is the same machine." Behind one router there are many. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer says where bob listens'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  return sender.ipAddress === receiver.ipAddress ? { ...answer, ip_addr: 'localhost' } : answer
}
