/** Right: in two files, and the secret is made of its random bytes by HKDF, which is not needed and does no harm. */
import { EMPTY, hkdf, toBase64url } from 'symbolon/protocol'
import type { Kdc, Listener, Session, UserinfoReply } from '../given.ts'
import { sealTicket } from './two-files/seal.ts'

export function answerUserinfo(sender: Session, receiver: Listener, kdc: Kdc): UserinfoReply {
  const secret = toBase64url(hkdf(kdc.randomBytes(48), EMPTY, 'the secret'))
  const times = { issued_at: kdc.now, expires_at: kdc.now + kdc.ticketLifetimeSec }
  const about = { username: sender.username, ip_addr: sender.ipAddress, receiver: receiver.username }
  const answer = Object.create(null)
  answer.senderinfo = sealTicket({ ...times, ...about, secret }, receiver.token.reveal(), kdc.randomBytes(32))
  answer.secret = secret
  answer.time = kdc.now
  answer.expires_at = times.expires_at
  answer.port = receiver.port
  answer.ip_addr = receiver.ipAddress
  return answer
}
