/** "Only while I am looking for the error." It stayed there, and the log is read by many. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  // biome-ignore lint/suspicious/noConsole: this is the mistake.
  console.log(answer)
  return answer
}
