/** "Each of them needs a secret." Each needs the same one. */
import type { AnswerUserinfo, TicketContent } from '../given.ts'
import { makeSenderinfo } from '../solution/ticket.ts'
import { freshSecret, rightContent } from './shared/answer.ts'

export const breaks = 'alice and bob get the same secret, 32 bytes in base64url'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const secret = freshSecret(kdc.randomBytes)
  const content = rightContent(sender, receiver, kdc, freshSecret(kdc.randomBytes))
  return {
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret,
    senderinfo: makeSenderinfo(content as TicketContent, receiver.token, kdc.randomBytes),
    expires_at: kdc.now + kdc.ticketLifetimeSec,
    time: kdc.now,
  }
}
