/** Blocks by recursion, HMAC written from SHA-256, and Buffers in place of arrays. */
import { createHash } from 'node:crypto'
import type { Expand, Extract, Hkdf, KeysOf } from '../given.ts'

const BLOCK = 64

function hmac(key: Uint8Array, message: Uint8Array): Buffer {
  const short = key.length > BLOCK ? createHash('sha256').update(key).digest() : key
  const padded = Buffer.alloc(BLOCK)
  padded.set(short)
  const inner = createHash('sha256').update(padded.map((byte) => byte ^ 0x36))
  return createHash('sha256')
    .update(padded.map((byte) => byte ^ 0x5c))
    .update(inner.update(message).digest())
    .digest()
}

export const extract: Extract = (salt, ikm) => hmac(salt.length ? salt : Buffer.alloc(32), ikm)

function blocks(prk: Uint8Array, info: Uint8Array, count: number): Buffer[] {
  if (count === 0) return []
  const before = blocks(prk, info, count - 1)
  return [...before, hmac(prk, Buffer.concat([...before.slice(-1), info, Buffer.of(count)]))]
}

export const expand: Expand = (prk, info, length) => {
  const count = Math.ceil(length / 32)
  if (count < 1 || count > 255 || length % 1) throw new Error('HKDF gives 1 to 8160 bytes')
  return Buffer.concat(blocks(prk, info, count), length)
}

export const hkdf: Hkdf = (ikm, salt, info, length) => expand(extract(salt, ikm), info, length)

export const keysOf: KeysOf = (token, salt) => {
  const derived = (of: string, length: number, by = Buffer.alloc(0) as Uint8Array) =>
    hkdf(token.reveal(), by, Buffer.from(`symbolon/1 ${of}`), length)
  return { ticketKey: derived('ticket', 32, salt), sessionId: derived('session id', 16) }
}
