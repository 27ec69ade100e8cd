/** "Only where DEBUG is set." One day it is set where it counts. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  if (process.env.DEBUG) process.stderr.write(JSON.stringify(answer))
  return answer
}
