/**
 * Bytes and their text forms. Inside the library everything is `Uint8Array`; text exists at the edges and is decoded
 * strictly: one byte string has exactly one text form.
 *
 * @module
 */
import { primitives } from '#primitives'
import { CodecError } from './errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** No bytes. */
export const EMPTY: Uint8Array = new Uint8Array(0)

/** The UTF-8 form of a string. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/**
 * The string whose UTF-8 form these bytes are.
 *
 * @throws CodecError `malformed` when they are not UTF-8.
 */
export function fromUtf8(bytes: Uint8Array, name = 'text'): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new CodecError(`${name}: not UTF-8`, { cause })
  }
}

/** The parts, one after the other, in a new array. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** An unsigned 16-bit integer, big-endian. */
export function u16(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff)
    throw new RangeError(`u16: expected 0 to 65535, got ${value}`)
  return Uint8Array.of(value >> 8, value & 0xff)
}

/** Reads an unsigned 16-bit big-endian integer at `offset`. */
export function readU16(bytes: Uint8Array, offset = 0): number {
  const [high, low] = [bytes[offset], bytes[offset + 1]]
  if (high === undefined || low === undefined) throw new CodecError('integer: bytes are missing')
  return (high << 8) | low
}

/** Two byte strings in one: `u32 length of the first || first || second`. */
export function joinPair(first: Uint8Array, second: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, first.length)
  return concat(length, first, second)
}

/** Reads what `joinPair` made, without copying. @throws CodecError `malformed` when bytes are missing. */
export function splitPair(bytes: Uint8Array): [first: Uint8Array, second: Uint8Array] {
  const end = 4 + (readU16(bytes) * 2 ** 16 + readU16(bytes, 2))
  if (end > bytes.length) throw new CodecError('pair: bytes are missing')
  return [bytes.subarray(4, end), bytes.subarray(end)]
}

/** Whether two byte strings are equal, in constant time for a given length. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && primitives.equal(a, b)
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0))
const VALUES = new Int8Array(128).fill(-1)
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i

/** Where short texts are made: to allocate takes longer than to encode. */
const shortText = new Uint8Array(1024)

/** Base64url without padding (RFC 4648 §5). */
export function toBase64url(bytes: Uint8Array): string {
  // In bytes first: a string that grows by a character at a time is slow, and a chunk of a file has 350,000.
  const length = Math.ceil((bytes.length * 4) / 3)
  const text = length > shortText.length ? new Uint8Array(length) : shortText.subarray(0, length)
  let offset = 0
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    // What is beyond the end is not stored.
    text[offset++] = CODES[group >> 18] ?? 0
    text[offset++] = CODES[(group >> 12) & 63] ?? 0
    text[offset++] = CODES[(group >> 6) & 63] ?? 0
    text[offset++] = CODES[group & 63] ?? 0
  }
  const decoded = decoder.decode(text)
  // It may have been a secret.
  text.fill(0)
  return decoded
}

/**
 * Decodes base64url without padding (RFC 4648 §5), accepting only what `toBase64url` would have written: no other
 * alphabet, no padding, no white space, no stray bits in the last character (§3.5).
 *
 * @param options.name - what is being decoded, for the error.
 * @param options.length - the number of bytes it must give, when that is fixed.
 * @throws CodecError `malformed`.
 */
export function fromBase64url(text: string, options: { name?: string; length?: number } = {}): Uint8Array {
  const { name = 'base64url', length } = options
  const size = Math.floor((text.length * 3) / 4)
  if (length !== undefined && size !== length) {
    throw new CodecError(`${name}: expected ${length} bytes in base64url, got ${text.length} characters`)
  }
  const bytes = new Uint8Array(size)
  let bits = 0
  let held = 0
  let offset = 0
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? -1
    if (value < 0) throw new CodecError(`${name}: not base64url at character ${i + 1}`)
    bits = (bits << 6) | value
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[offset++] = bits >> held
      bits &= (1 << held) - 1
    }
  }
  if (text.length % 4 === 1 || bits !== 0) throw new CodecError(`${name}: not canonical base64url`)
  return bytes
}

/** Hexadecimal, lower case: for what people compare and type. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * @param options.length - how many bytes it must be.
 * @throws CodecError `malformed` for anything but two lower-case digits a byte.
 */
export function fromHex(text: string, options: { length: number }): Uint8Array {
  if (text.length !== 2 * options.length || !/^[0-9a-f]*$/.test(text)) {
    throw new CodecError(`expected ${options.length} bytes in hexadecimal`)
  }
  return Uint8Array.from({ length: options.length }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  )
}
