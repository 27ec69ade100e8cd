/** "It may be busy for a moment." A source that has failed once is not asked until it says something: nobody knows what it says then. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'without randomness there is no answer'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const randomBytes = (length: number) => {
    for (let left = 2; ; left--) {
      try {
        return kdc.randomBytes(length)
      } catch (error) {
        if (left === 0) throw error
      }
    }
  }
  return right(sender, receiver, { ...kdc, randomBytes })
}
