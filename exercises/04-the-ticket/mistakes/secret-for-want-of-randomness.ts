/** "The KDC must go on." With a secret that bob can compute for every conversation of that second. */
import { hkdf, utf8 } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'without randomness there is no answer'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  let count = 0
  const instead = (length: number) =>
    hkdf(receiver.token.reveal(), utf8(`${kdc.now} ${++count}`), 'in place of randomness', length)
  const randomBytes = (length: number) => {
    try {
      return kdc.randomBytes(length)
    } catch {
      return instead(length)
    }
  }
  return right(sender, receiver, { ...kdc, randomBytes })
}
