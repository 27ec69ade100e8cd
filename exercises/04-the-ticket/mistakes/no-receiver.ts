/**
 * "It is sealed under bob's token: of course it is for bob." A token is 32 bytes without a name on them. The name inside
 * makes sure that bob's program and the KDC mean the same principal.
 */
import type { AnswerUserinfo, TicketContent } from '../given.ts'
import { makeSenderinfo } from '../solution/ticket.ts'
import { freshSecret, rightContent } from './shared/answer.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const secret = freshSecret(kdc.randomBytes)
  const { receiver: _forgotten, ...content } = rightContent(sender, receiver, kdc, secret)
  return {
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret,
    senderinfo: makeSenderinfo(content as TicketContent, receiver.token, kdc.randomBytes),
    expires_at: kdc.now + kdc.ticketLifetimeSec,
    time: kdc.now,
  }
}
