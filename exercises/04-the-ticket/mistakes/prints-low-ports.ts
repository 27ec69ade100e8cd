/** "A port below 1024 is worth a warning." With all that is known about it: the secret too. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  // biome-ignore lint/suspicious/noConsole: this is the mistake.
  if (answer.port < 1024) console.warn('a low port', answer)
  return answer
}
