/** "The KDC's time I have read already." It goes on. */
import type { AnswerUserinfo, Kdc } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

const times = new WeakMap<Kdc, number>()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const now = times.get(kdc) ?? kdc.now
  times.set(kdc, now)
  return right(sender, receiver, { ...kdc, now })
}
