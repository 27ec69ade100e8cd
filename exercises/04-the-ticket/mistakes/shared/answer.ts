/**
 * A right `answerUserinfo` around a wrong `makeSenderinfo`, the right content for a wrong `answerUserinfo`, and a right ticket but
 * for one thing.
 *
 * @module
 */
import {
  concat,
  hkdf,
  type RandomBytes,
  type Secret,
  seal,
  sessionId,
  toBase64url,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
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

/** What a ticket is made of, and what may be another. */
interface Choices {
  readonly sid: (token: Secret, randomBytes: RandomBytes) => Uint8Array
  readonly salt: (randomBytes: RandomBytes, content: TicketContent) => Uint8Array
  readonly header: (version: Uint8Array, sid: Uint8Array, salt: Uint8Array) => Uint8Array
  readonly key: (token: Uint8Array, salt: Uint8Array, content: TicketContent) => Uint8Array
  readonly nonce: (salt: Uint8Array) => Uint8Array
  readonly aad: (header: Uint8Array, sid: Uint8Array, salt: Uint8Array) => Uint8Array
  readonly plaintext: (content: TicketContent) => Uint8Array
}

/** A ticket that is right but for these. */
export const ticketWith =
  (choices: Partial<Choices>): MakeSenderinfo =>
  (content, receiversToken, randomBytes) => {
    const right: Choices = {
      sid: sessionId,
      salt: () => randomBytes(32),
      header: concat,
      key: (token, salt) => hkdf(token, salt, 'symbolon/1 ticket'),
      nonce: () => ZERO_NONCE,
      aad: (header) => header,
      plaintext: () => utf8(JSON.stringify(content)),
    }
    const make = { ...right, ...choices }
    const sid = make.sid(receiversToken, randomBytes)
    const salt = make.salt(randomBytes, content)
    const header = make.header(Uint8Array.of(0x01), sid, salt)
    const key = make.key(receiversToken.reveal(), salt, content)
    const sealed = seal(key, make.nonce(salt), make.aad(header, sid, salt), make.plaintext(content))
    return toBase64url(concat(header, sealed))
  }

/** The right answer with another secret, told to both. `salt` is that of the ticket. */
export const secretWith =
  (make: (salt: Uint8Array, sender: Session, receiver: Listener, kdc: Kdc) => Uint8Array): AnswerUserinfo =>
  (sender, receiver, kdc) => {
    const salt = kdc.randomBytes(32)
    const secret = toBase64url(make(salt, sender, receiver, kdc))
    return {
      ip_addr: receiver.ipAddress,
      port: receiver.port,
      secret,
      senderinfo: ticketWith({ salt: () => salt })(
        rightContent(sender, receiver, kdc, secret),
        receiver.token,
        kdc.randomBytes,
      ),
      expires_at: kdc.now + kdc.ticketLifetimeSec,
      time: kdc.now,
    }
  }
