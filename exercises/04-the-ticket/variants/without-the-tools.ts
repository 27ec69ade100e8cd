/** Right: with Node's own cryptography, and JSON over several lines. */
import { createCipheriv, hkdfSync } from 'node:crypto'
import type { AnswerUserinfo } from '../given.ts'

const derived = (token: Uint8Array, salt: Uint8Array, info: string, length: number) =>
  Buffer.from(hkdfSync('sha256', token, salt, info, length))

export const answerUserinfo: AnswerUserinfo = (
  { username, ipAddress },
  { token, port, ipAddress: ip_addr, username: name },
  { now, ticketLifetimeSec, randomBytes },
) => {
  const secret = Buffer.from(randomBytes(32)).toString('base64url')
  const salt = randomBytes(32)
  const key = derived(token.reveal(), salt, 'symbolon/1 ticket', 32)
  const header = Buffer.concat([
    Buffer.of(1),
    derived(token.reveal(), Buffer.alloc(0), 'symbolon/1 session id', 16),
    salt,
  ])
  const cipher = createCipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 })
  cipher.setAAD(header, { plaintextLength: 0 })
  const content = {
    username,
    ip_addr: ipAddress,
    secret,
    receiver: name,
    issued_at: now,
    expires_at: now + ticketLifetimeSec,
  }
  const sealed = [
    cipher.update(JSON.stringify(content, null, 2), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]
  const senderinfo = Buffer.concat([header, ...sealed]).toString('base64url')
  return { ip_addr, port, secret, senderinfo, expires_at: now + ticketLifetimeSec, time: now }
}
