/** "A port is a number of 15 bits." It has 16. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer says where bob listens'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => ({
  ...right(sender, receiver, kdc),
  port: receiver.port > 60000 ? receiver.port % 32768 : receiver.port,
})
