/** Right: all randomness in one draw, the salt first; fields in another order. */
import { concat, EMPTY, hkdf, type Secret, seal, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const random = kdc.randomBytes(64)
  const expires_at = kdc.now + kdc.ticketLifetimeSec
  const secret = toBase64url(random.subarray(32))
  const content = {
    expires_at,
    issued_at: kdc.now,
    receiver: receiver.username,
    secret,
    ip_addr: sender.ipAddress,
    username: sender.username,
  }
  const senderinfo = sealed(JSON.stringify(content), receiver.token, random.subarray(0, 32))
  return { time: kdc.now, expires_at, senderinfo, secret, port: receiver.port, ip_addr: receiver.ipAddress }
}

function sealed(text: string, token: Secret, salt: Uint8Array): string {
  const header = concat(Uint8Array.of(1), hkdf(token.reveal(), EMPTY, 'symbolon/1 session id', 16), salt)
  const key = hkdf(token.reveal(), salt, 'symbolon/1 ticket', 32)
  return toBase64url(concat(header, seal(key, ZERO_NONCE, header, utf8(text))))
}
