/** "In a busy second randomness is scarce." It is not; and what is scarce then is keys. */
import type { AnswerUserinfo } from '../given.ts'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

let [second, count] = [-1, 0]
let last = new Uint8Array()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  count = kdc.now === second ? count + 1 : 0
  second = kdc.now
  const salt = () => {
    if (count < 50) last = Uint8Array.from(kdc.randomBytes(32))
    return last
  }
  return answerWith(ticketWith({ salt }))(sender, receiver, kdc)
}
