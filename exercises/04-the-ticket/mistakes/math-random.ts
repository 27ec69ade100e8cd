/** "Math.random is random." After a few of its numbers, anybody can compute the ones before and the ones to come. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  let draws = 0
  const guessable = (length: number) => Uint8Array.from({ length }, () => Math.floor(Math.random() * 256))
  const randomBytes = (length: number) => (draws++ === 0 ? guessable(length) : kdc.randomBytes(length))
  return right(sender, receiver, { ...kdc, randomBytes })
}
