/** "Where bob listens I have looked up once." He has moved since, to another port. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer says where bob listens'

const ports = new Map<string, number>()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const port = ports.get(receiver.username) ?? receiver.port
  ports.set(receiver.username, port)
  return right(sender, { ...receiver, port }, kdc)
}
