/** "The settings do no harm." What a KDC has at hand is not for tickets, and one day there is a key among it. */
import { utf8 } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'the answer and the ticket have six fields each, and nothing besides'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const { now: _, randomBytes: __, ticketLifetimeSec: ___, ...settings } = kdc
  const plaintext = (content: object) => utf8(JSON.stringify({ ...settings, ...content }))
  return answerWith(ticketWith({ plaintext }))(sender, receiver, kdc)
}
