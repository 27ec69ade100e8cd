/** "A getter is always up to date." Then the time is that of the reading, and each reading has another. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the function answers at once, with a plain object'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => ({
  ...right(sender, receiver, kdc),
  get time() {
    return Math.floor(Date.now() / 1000)
  },
})
