/**
 * A right `answerUserinfo` around a wrong `makeSenderinfo`, and the right content for a wrong `answerUserinfo`.
 *
 * @module
 */
import { type RandomBytes, toBase64url } from 'symbolon/protocol'
import type { AnswerUserinfo, Kdc, Listener, MakeSenderinfo, Session, TicketContent } from '../../given.ts'

export const freshSecret = (randomBytes: RandomBytes): string => toBase64url(randomBytes(32))

export function rightContent(sender: Session, receiver: Listener, kdc: Kdc, secret: string): TicketContent {
  return {
    username: sender.username,
    ip_addr: sender.ipAddress,
    secret,
    receiver: receiver.username,
    issued_at: kdc.now,
    expires_at: kdc.now + kdc.ticketLifetimeSec,
  }
}

export function answerWith(makeSenderinfo: MakeSenderinfo): AnswerUserinfo {
  return (sender, receiver, kdc) => {
    const content = rightContent(sender, receiver, kdc, freshSecret(kdc.randomBytes))
    return {
      ip_addr: receiver.ipAddress,
      port: receiver.port,
      secret: content.secret,
      senderinfo: makeSenderinfo(content, receiver.token, kdc.randomBytes),
      expires_at: content.expires_at,
      time: kdc.now,
    }
  }
}
