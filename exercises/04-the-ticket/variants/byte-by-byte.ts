/** Right: random bytes one at a time, a class, a frozen answer. */
import {
  fromBase64url,
  hkdf,
  KEY_BYTES,
  type RandomBytes,
  type Secret,
  seal,
  toBase64url,
  u16,
} from 'symbolon/protocol'
import type { AnswerUserinfo, TicketContent } from '../given.ts'

class TicketWriter {
  readonly #bytes: number[] = []

  add(bytes: Iterable<number>): this {
    this.#bytes.push(...bytes)
    return this
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }
}

const draw = (randomBytes: RandomBytes) =>
  Uint8Array.from({ length: KEY_BYTES }, () => randomBytes(1)[0] ?? 0)

function makeSenderinfo(content: TicketContent, token: Secret, randomBytes: RandomBytes): string {
  const nothing = new Uint8Array()
  const sid = hkdf(token.reveal(), nothing, new TextEncoder().encode('symbolon/1 session id'), 16)
  const salt = draw(randomBytes)
  // 0x0001 without its first byte.
  const writer = new TicketWriter().add(u16(1).subarray(1)).add(sid).add(salt)
  const key = hkdf(token.reveal(), salt, 'symbolon/1 ticket')
  const plaintext = new TextEncoder().encode(JSON.stringify(content))
  return toBase64url(writer.add(seal(key, new Uint8Array(12), writer.bytes, plaintext)).bytes)
}

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const secret = toBase64url(draw(kdc.randomBytes))
  if (fromBase64url(secret).length !== KEY_BYTES) throw new Error('this cannot be')
  const { now } = kdc
  const content = {
    username: sender.username,
    ip_addr: sender.ipAddress,
    secret,
    receiver: receiver.username,
    issued_at: now,
    expires_at: now + kdc.ticketLifetimeSec,
  }
  const senderinfo = makeSenderinfo(content, receiver.token, kdc.randomBytes)
  const { expires_at } = content
  return Object.freeze({
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret,
    senderinfo,
    expires_at,
    time: now,
  })
}
