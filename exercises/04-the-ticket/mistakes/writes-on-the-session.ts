/** "The session id is always the same, so it is kept with the session." The session is the KDC's, which finds a field that it does not know. */
import { sessionId } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'what your code is given stays as it was'

const SID = Symbol('session id')

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const known: unknown = Reflect.get(receiver, SID)
  const sid = known instanceof Uint8Array ? known : sessionId(receiver.token)
  Object.defineProperty(receiver, SID, { value: sid, configurable: true })
  return answerWith(ticketWith({ sid: () => sid }))(sender, receiver, kdc)
}
