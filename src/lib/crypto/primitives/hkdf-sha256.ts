/**
 * HKDF-SHA256 (RFC 5869) on OpenSSL's SHA-256, called once a hash. `hkdfSync` and `createHmac` make objects around each, and take
 * up to twice, on Node 24 five times as long for the few bytes that a key is derived from.
 *
 * @module
 */
import { hash } from 'node:crypto'

const BLOCK_BYTES = 64
const HASH_BYTES = 32
/** HMAC's pads, RFC 2104 §2. */
const [INNER, OUTER] = [0x36, 0x5c]

/**
 * Extract, then expand: RFC 5869 §2.2 and §2.3.
 *
 * @param length - at most 8160 bytes.
 */
export function hkdfSha256(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (length > 255 * HASH_BYTES) throw new RangeError(`hkdf: at most ${255 * HASH_BYTES} bytes`)
  const prk = hmac(salt, [ikm])
  const output = new Uint8Array(length)
  let previous: Uint8Array = new Uint8Array(0)
  for (let at = 0; at < length; at += HASH_BYTES) {
    previous = hmac(prk, [previous, info, Uint8Array.of(at / HASH_BYTES + 1)])
    output.set(previous.subarray(0, length - at), at)
  }
  prk.fill(0)
  return output
}

/** HMAC-SHA256, RFC 2104 §2: H(K XOR opad, H(K XOR ipad, text)). */
function hmac(key: Uint8Array, text: readonly Uint8Array[]): Uint8Array {
  const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key
  const inner = Buffer.concat([padded(short, INNER), ...text])
  const outer = Buffer.concat([padded(short, OUTER), hash('sha256', inner, 'buffer')])
  const mac = hash('sha256', outer, 'buffer')
  inner.fill(0)
  outer.fill(0)
  return mac
}

function padded(key: Uint8Array, pad: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES).fill(pad)
  for (let i = 0; i < key.length; i++) block[i] = (key[i] as number) ^ pad
  return block
}
