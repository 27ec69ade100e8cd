/** "Only once, to see that it works." Once is enough for the log. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

let isFirst = true

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  // biome-ignore lint/suspicious/noConsole: this is the mistake.
  if (isFirst) console.log('the first secret:', answer.secret)
  isFirst = false
  return answer
}
