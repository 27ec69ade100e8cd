/** "In one second nobody moves." But alice may have two sessions, at two places. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

const places = new Map<string, string>()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const question = `${sender.username} ${receiver.username} ${kdc.now}`
  const ipAddress = places.get(question) ?? sender.ipAddress
  places.set(question, ipAddress)
  return right({ ...sender, ipAddress }, receiver, kdc)
}
