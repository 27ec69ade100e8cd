/** "A thousand salts will do." The next ticket has the first one's key, if it is for the same session. */
import type { AnswerUserinfo } from '../given.ts'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

const salts: Uint8Array[] = []
let tickets = 0

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  if (salts.length < 1000) salts.push(kdc.randomBytes(32))
  const salt = salts[tickets++ % 1000] as Uint8Array
  return answerWith(ticketWith({ salt: () => salt }))(sender, receiver, kdc)
}
