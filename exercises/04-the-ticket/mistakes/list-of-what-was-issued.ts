/** "Someone may ask one day what was issued." Who reads the memory then reads all secrets since the KDC was started. */
import type { AnswerUserinfo, UserinfoReply } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing of an answer stays in the program'

const issued: UserinfoReply[] = []

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  issued.push({ ...answer })
  return answer
}
