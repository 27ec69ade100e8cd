/**
 * Exercise 04, solved: message 4, the KDC's answer and the ticket in it.
 *
 * @module
 */
import {
  concat,
  EMPTY,
  hkdf,
  KEY_BYTES,
  type RandomBytes,
  Secret,
  seal,
  toBase64url,
  utf8,
  ZERO_NONCE,
} from 'symbolon/protocol'
import type { Kdc, Listener, Session, TicketContent, UserinfoReply } from '../given.ts'

/** Seals a ticket: docs/protocol.md §4.1, line by line. */
export function makeSenderinfo(
  content: TicketContent,
  receiversToken: Secret,
  randomBytes: RandomBytes,
): string {
  const token = receiversToken.reveal()
  const version = Uint8Array.of(0x01)
  // The session's public name: bob finds the right token by it, and nobody finds the token from it.
  const sid = hkdf(token, EMPTY, 'symbolon/1 session id', 16)
  const salt = randomBytes(32)
  const header = concat(version, sid, salt)
  // A fresh salt makes a key that seals this ticket and no other, so the nonce may be zero (§1, §4.2).
  const key = hkdf(token, salt, 'symbolon/1 ticket', KEY_BYTES)
  // The header cannot be secret, because bob reads it before he has the key; as aad it cannot be changed either.
  const sealed = seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content)))
  return toBase64url(concat(header, sealed))
}

/** Answers message 3: docs/protocol.md §3.2. */
export function answerUserinfo(sender: Session, receiver: Listener, kdc: Kdc): UserinfoReply {
  // Drawn once, told twice: to alice in the answer, to bob in the ticket (§4.2).
  const secret = new Secret('channel secret', kdc.randomBytes(KEY_BYTES)).toText()
  const content: TicketContent = {
    // About the sender, because it is the receiver who reads it.
    username: sender.username,
    ip_addr: sender.ipAddress,
    secret,
    receiver: receiver.username,
    issued_at: kdc.now,
    expires_at: kdc.now + kdc.ticketLifetimeSec,
  }
  return {
    // About the receiver, because it is the sender who reads it.
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret,
    // Only the receiver and the KDC know the receiver's token: what opens under it, the KDC has said.
    senderinfo: makeSenderinfo(content, receiver.token, kdc.randomBytes),
    expires_at: content.expires_at,
    time: kdc.now,
  }
}
