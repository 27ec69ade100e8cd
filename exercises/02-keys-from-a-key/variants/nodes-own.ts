/** With Node's `hkdfSync` where that will do, and a buffer that is filled. */
import { createHmac, hkdfSync } from 'node:crypto'
import { type Secret, utf8 } from 'symbolon/protocol'

export function extract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', salt).update(ikm).digest())
}

export function expand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (length > 8160) throw new RangeError('too long')
  const all = new Uint8Array(length)
  for (let at = 0, last = new Uint8Array(); at < length; at += 32) {
    const hmac = createHmac('sha256', prk).update(last).update(info)
    last = new Uint8Array(hmac.update(new Uint8Array([at / 32 + 1])).digest())
    all.set(last.subarray(0, length - at), at)
  }
  return all
}

export function hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', ikm, salt, info, length))
}

export function keysOf(token: Secret, salt: Uint8Array) {
  const sessionId = hkdf(token.reveal(), utf8(''), utf8('symbolon/1 session id'), 16)
  return { sessionId, ticketKey: hkdf(token.reveal(), salt, utf8('symbolon/1 ticket'), 32) }
}
