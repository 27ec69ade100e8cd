/** "Not the secrets, of course: only who asked for whom." It is still all that there is to know about them, and it grows. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing of an answer stays in the program'

const journal: { at: number; who: string; whom: string; text: string }[] = []

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const [who, whom] = [sender.username, receiver.username]
  journal.push({ at: kdc.now, who, whom, text: `${kdc.now}: ${who} asked for ${whom}` })
  return right(sender, receiver, kdc)
}
