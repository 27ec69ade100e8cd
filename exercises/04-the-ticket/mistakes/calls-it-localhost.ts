/** "127.0.0.1 is called localhost." By people. A ticket has addresses, and bob refuses what is none. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = "dave's receiver hears carol, and refuses her ticket the second time"

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const ipAddress = sender.ipAddress === '127.0.0.1' ? 'localhost' : sender.ipAddress
  return right({ ...sender, ipAddress }, receiver, kdc)
}
