/** "At the beginning the KDC's time, then this machine's." They need not be the same. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

const start = Date.now()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const now = Date.now() - start > 60_000 ? Math.floor(Date.now() / 1000) : kdc.now
  return right(sender, receiver, { ...kdc, now })
}
