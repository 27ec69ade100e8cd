/** "Time does not run backwards." A clock that was wrong is set back, and the tickets of a year are not good yet. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

let latest = 0

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  if (kdc.now > latest) latest = kdc.now
  return right(sender, receiver, { ...kdc, now: latest })
}
