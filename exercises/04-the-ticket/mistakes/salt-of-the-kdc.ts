/** "The KDC has its salt." Each ticket has one: the KDC that is asked for ever would have one key for each session. */
import type { AnswerUserinfo, Kdc } from '../given.ts'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

const salts = new WeakMap<Kdc, Uint8Array>()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const salt = salts.get(kdc) ?? kdc.randomBytes(32)
  salts.set(kdc, salt)
  return answerWith(ticketWith({ salt: () => salt }))(sender, receiver, kdc)
}
