/** "Each ticket has a time of its own." After a hundred in one second the times are in the future, and bob refuses them. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

let [last, more] = [-1, 0]

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  more = kdc.now === last ? more + 1 : 0
  last = kdc.now
  return right(sender, receiver, { ...kdc, now: kdc.now + more })
}
