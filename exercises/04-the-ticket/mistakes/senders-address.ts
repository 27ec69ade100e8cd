/** "`ip_addr` is the sender's, as in the ticket." In the ticket, yes; in the answer alice needs bob's. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer says where bob listens'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => ({
  ...right(sender, receiver, kdc),
  ip_addr: sender.ipAddress,
})
