/** "The first letters only, so that two can be told apart." Of a key five letters are 30 bits. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  process.stdout.write(`${sender.username} -> ${receiver.username}: ${answer.secret.slice(0, 5)}...\n`)
  return answer
}
