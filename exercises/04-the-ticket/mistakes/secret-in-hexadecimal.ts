/** "64 digits are 32 bytes." To whoever reads them as digits; as base64url they are 48. */
import type { AnswerUserinfo } from '../given.ts'
import { makeSenderinfo } from '../solution/ticket.ts'
import { rightContent } from './shared/answer.ts'

export const breaks = 'alice and bob get the same secret, 32 bytes in base64url'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const secret = Buffer.from(kdc.randomBytes(32)).toString('hex')
  return {
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret,
    senderinfo: makeSenderinfo(rightContent(sender, receiver, kdc, secret), receiver.token, kdc.randomBytes),
    expires_at: kdc.now + kdc.ticketLifetimeSec,
    time: kdc.now,
  }
}
