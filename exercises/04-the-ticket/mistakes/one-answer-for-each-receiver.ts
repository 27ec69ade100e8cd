/** "Why make an object anew for bob?" Because the last one may still wait to be sent, to another. */
import type { AnswerUserinfo, UserinfoReply } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'every answer stands for itself, whatever is asked before it and after it'

const answers = new Map<string, UserinfoReply>()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = Object.assign(answers.get(receiver.username) ?? {}, right(sender, receiver, kdc))
  answers.set(receiver.username, answer)
  return answer
}
