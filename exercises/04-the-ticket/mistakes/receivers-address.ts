/** "ip_addr is where bob is, as in the answer." In the ticket it is for bob, who knows where he is. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  return right({ ...sender, ipAddress: receiver.ipAddress }, receiver, kdc)
}
