/** "Not the secrets, of course: only who asked for whom." It is still all that there is to know about them, and it grows. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing of an answer stays in the program'

const journal: string[] = []

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  journal.push(`${kdc.now}: ${sender.username} asked for ${receiver.username}`)
  return right(sender, receiver, kdc)
}
