/**
 * Authenticated encryption: AEAD_CHACHA20_POLY1305, RFC 8439 §2.8.
 * https://www.rfc-editor.org/rfc/rfc8439#section-2.8
 *
 * The implementation is OpenSSL's in Node, or libsodium's for what is short, and noble's elsewhere (`primitives/`), tested equal. Every seal and every
 * open in the project passes through these three functions.
 *
 * @module
 */
import { primitives } from '#primitives'
import { ProtocolError } from '../errors.ts'
import type { AeadKey } from './primitives/types.ts'
import { KEY_BYTES } from './secret.ts'

/** Length of the authentication tag. */
export const TAG_BYTES = 16
/** Length of the nonce. */
const NONCE_BYTES = 12

/**
 * The nonce of a key that seals exactly once, because a fresh random salt went into deriving it.
 * Sealing twice under one such key would reveal both plaintexts: derive another key instead.
 */
export const ZERO_NONCE: Uint8Array = new Uint8Array(NONCE_BYTES)

function check(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${name}: expected ${length} bytes, got ${bytes.length}`)
}

function checked(key: Uint8Array | AeadKey, nonce: Uint8Array): AeadKey {
  const whole = key instanceof Uint8Array ? { bytes: key } : key
  check('key', whole.bytes, KEY_BYTES)
  check('nonce', nonce, NONCE_BYTES)
  return whole
}

/**
 * Encrypts and authenticates.
 *
 * @param key - 32 bytes; with what was made of them where it is used more than once.
 * @param nonce - 12 bytes, never used before with this key.
 * @param aad - authenticated with the plaintext, but not part of the result.
 * @returns ciphertext and tag, `plaintext.length + 16` bytes.
 * @throws RangeError when key or nonce have another length.
 */
export function seal(
  key: Uint8Array | AeadKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  return primitives.seal(checked(key, nonce), nonce, aad, plaintext)
}

/**
 * As `seal` with nothing else to authenticate, without putting the result together.
 *
 * @returns ciphertext and tag, in parts of any number, which nothing else refers to.
 */
export function sealInParts(key: AeadKey, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array[] {
  return primitives.sealInParts(checked(key, nonce), nonce, plaintext)
}

/**
 * Checks and decrypts what `seal` made with the same key, nonce and aad.
 *
 * @param sealed - ciphertext and tag, not yet trusted.
 * @returns the plaintext, `sealed.length - 16` bytes.
 * @throws ProtocolError `decryption_failed`, the one answer to a wrong key, nonce, aad, or any changed bit.
 */
export function open(
  key: Uint8Array | AeadKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array {
  const whole = checked(key, nonce)
  const plaintext = sealed.length < TAG_BYTES ? undefined : primitives.open(whole, nonce, aad, sealed)
  if (!plaintext) throw new ProtocolError('decryption_failed', 'the sealed bytes do not open under this key')
  return plaintext
}
