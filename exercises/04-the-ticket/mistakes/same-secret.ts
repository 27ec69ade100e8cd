/** "One good secret is enough." Then whoever has talked to bob once can listen to everybody who ever will. */

import { secureRandomBytes } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

const SECRET = secureRandomBytes(32)

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  // The first draw is the secret, the second the salt.
  let draws = 0
  const randomBytes = (length: number) => (draws++ === 0 ? SECRET : kdc.randomBytes(length))
  return right(sender, receiver, { ...kdc, randomBytes })
}
