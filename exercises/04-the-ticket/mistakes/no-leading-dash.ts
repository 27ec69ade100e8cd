/** "A secret that begins with '-' looks like an option." So it gets another letter, and six of its bits are known. */
import { toBase64url } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { rightContent, ticketWith } from './shared/answer.ts'

export const breaks = 'every answer has a fresh secret that nobody can guess'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const secret = toBase64url(kdc.randomBytes(32)).replace(/^-/, 'A')
  const content = rightContent(sender, receiver, kdc, secret)
  return {
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret,
    senderinfo: ticketWith({})(content, receiver.token, kdc.randomBytes),
    expires_at: content.expires_at,
    time: kdc.now,
  }
}
