/** "One with a '-' in it cannot be selected with a double click." What is thrown away is half of all secrets. */
import { toBase64url } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  let bytes = kdc.randomBytes(32)
  for (let tries = 0; tries < 3 && toBase64url(bytes).includes('-'); tries++) bytes = kdc.randomBytes(32)
  let draws = 0
  return right(sender, receiver, { ...kdc, randomBytes: (n) => (draws++ === 0 ? bytes : kdc.randomBytes(n)) })
}
