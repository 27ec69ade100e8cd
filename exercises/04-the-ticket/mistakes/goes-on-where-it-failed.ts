/** "A secret that was drawn and not used can be used the next time." Then it is the answer to another question. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'without randomness there is no answer'

let [left, isDown]: [Uint8Array | undefined, boolean] = [undefined, false]

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const bytes = left && kdc.now > 0 && isDown ? left : kdc.randomBytes(32)
  ;[left, isDown] = [bytes, true]
  let draws = 0
  // Only with enough for both, so that nobody sees it at once.
  const salt = kdc.randomBytes(32)
  isDown = false
  return right(sender, receiver, { ...kdc, randomBytes: () => (draws++ === 0 ? bytes : salt) })
}
