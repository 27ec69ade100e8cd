/** "One salt for bob in each second is fresh enough." Whoever asks for him in the same second gets the same key. */
import type { Secret } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

const salts = new WeakMap<Secret, { by: string; at: number; salt: Uint8Array }>()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const { username: by } = sender
  const known = salts.get(receiver.token)
  const isAgain = known && known.at === kdc.now && known.by !== by
  const salt = isAgain ? known.salt : kdc.randomBytes(32)
  salts.set(receiver.token, { by, at: kdc.now, salt })
  return answerWith(ticketWith({ salt: () => salt }))(sender, receiver, kdc)
}
