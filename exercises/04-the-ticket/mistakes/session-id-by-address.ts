/** "At this address there is one session." Yesterday there was another. */
import { sessionId } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = "the header names bob's session, and gives nothing of his token away"

const known = new Map<string, Uint8Array>()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const sid = known.get(receiver.username) ?? sessionId(receiver.token)
  known.set(receiver.username, sid)
  return answerWith(ticketWith({ sid: () => sid }))(sender, receiver, kdc)
}
