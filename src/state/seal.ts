/**
 * How a client seals what it keeps.
 *
 * ```
 * header = u8 format = 1 || salt (32 bytes, fresh)
 * key    = HKDF-SHA256(a longer-lived key, salt, what it is, 32 bytes)
 * sealed = header || ChaCha20-Poly1305(key, zero nonce, aad = header || context, plaintext)
 * ```
 */
import { concat } from '../lib/bytes.ts'
import { open, seal, ZERO_NONCE } from '../lib/crypto/aead.ts'
import { hkdf } from '../lib/crypto/hkdf.ts'
import { secureRandomBytes } from '../lib/crypto/random.ts'
import { ProtocolError } from '../lib/errors.ts'

/** What is sealed, and goes into the key: one key never serves for two of them. */
export type Purpose =
  | 'symbolon/1 client state' // the state key, under the export key
  | 'symbolon/1 client state value'
  | 'symbolon/1 client state list'
  | 'symbolon/1 client state contents' // opened only: see contents.ts
  | 'symbolon/1 kept session'

const FORMAT = 1
const SALT_BYTES = 32
/** Length of the header, which is another for everything that is sealed. */
export const HEADER_BYTES = 1 + SALT_BYTES

/** @param context - what it belongs to: moved to another place, it does not open. */
export function sealState(
  purpose: Purpose,
  key: Uint8Array,
  context: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const salt = secureRandomBytes(SALT_BYTES)
  const header = concat(Uint8Array.of(FORMAT), salt)
  return concat(header, seal(hkdf(key, salt, purpose), ZERO_NONCE, concat(header, context), plaintext))
}

/**
 * Opens what `sealState` made.
 *
 * @throws ProtocolError `decryption_failed` for another format, purpose, key or context, and for any changed bit.
 */
export function openState(
  purpose: Purpose,
  key: Uint8Array,
  context: Uint8Array,
  sealed: Uint8Array,
): Uint8Array {
  const header = sealed.subarray(0, HEADER_BYTES)
  if (header.length < HEADER_BYTES || header[0] !== FORMAT) {
    throw new ProtocolError('decryption_failed', 'sealed in a format unknown here')
  }
  const once = hkdf(key, header.subarray(1), purpose)
  return open(once, ZERO_NONCE, concat(header, context), sealed.subarray(HEADER_BYTES))
}
