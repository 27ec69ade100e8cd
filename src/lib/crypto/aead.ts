/**
 * Authenticated encryption: AEAD_CHACHA20_POLY1305, RFC 8439 §2.8.
 * https://www.rfc-editor.org/rfc/rfc8439#section-2.8
 *
 * The implementation is OpenSSL's in Node, or libsodium's for what is short, and noble's elsewhere (`primitives/`), tested equal. Every seal and every
 * open in the project passes through these functions.
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

function check({ bytes: key }: AeadKey, nonce: Uint8Array): void {
  if (key.length !== KEY_BYTES) throw new RangeError(`key: expected ${KEY_BYTES} bytes, got ${key.length}`)
  if (nonce.length !== NONCE_BYTES)
    throw new RangeError(`nonce: expected ${NONCE_BYTES} bytes, got ${nonce.length}`)
}

/**
 * Encrypts and authenticates.
 *
 * @param key - 32 bytes.
 * @param nonce - 12 bytes, never used before with this key.
 * @param aad - authenticated with the plaintext, but not part of the result.
 * @returns ciphertext and tag, `plaintext.length + 16` bytes.
 * @throws RangeError when key or nonce have another length.
 */
export function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return sealWith({ bytes: key }, nonce, aad, plaintext)
}

/** As `seal`, with a key that is used more than once. */
export function sealWith(
  key: AeadKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  check(key, nonce)
  return primitives.seal(key, nonce, aad, plaintext)
}

/** As `sealWith`, with nothing else to authenticate. @returns ciphertext and tag, in parts which nothing else refers to. */
export function sealInParts(key: AeadKey, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array[] {
  check(key, nonce)
  return primitives.sealInParts(key, nonce, plaintext)
}

/**
 * Checks and decrypts what `seal` made with the same key, nonce and aad.
 *
 * @param sealed - ciphertext and tag, not yet trusted.
 * @returns the plaintext, `sealed.length - 16` bytes.
 * @throws ProtocolError `decryption_failed`, the one answer to a wrong key, nonce, aad, or any changed bit.
 */
export function open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  return openWith({ bytes: key }, nonce, aad, sealed)
}

/** As `open`, with a key that is used more than once. */
export function openWith(key: AeadKey, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  check(key, nonce)
  const plaintext = sealed.length < TAG_BYTES ? undefined : primitives.open(key, nonce, aad, sealed)
  if (!plaintext) throw new ProtocolError('decryption_failed', 'the sealed bytes do not open under this key')
  return plaintext
}
