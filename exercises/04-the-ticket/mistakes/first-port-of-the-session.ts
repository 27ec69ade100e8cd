/** "Where this session listens I know." It may listen elsewhere from now on. */
import type { AnswerUserinfo, Listener } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer says where bob listens'

const ports = new WeakMap<Listener, number>()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const port = ports.get(receiver) ?? receiver.port
  ports.set(receiver, port)
  return right(sender, { ...receiver, port }, kdc)
}
