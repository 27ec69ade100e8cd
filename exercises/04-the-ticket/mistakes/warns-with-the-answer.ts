/** "A warning is no print." It is what a server prints first of all. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  if (kdc.now > 2 ** 33) process.emitWarning(`a ticket of the far future: ${JSON.stringify(answer)}`)
  return answer
}
