/** "One dials 192.0.2.20:52011." People do. The program that reads it dials the address, and gets nowhere. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer says where bob listens'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => ({
  ...right(sender, receiver, kdc),
  ip_addr: `${receiver.ipAddress}:${receiver.port}`,
})
