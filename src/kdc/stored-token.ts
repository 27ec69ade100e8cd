/**
 * Session tokens at rest: sealed under the KDC's master key, so that a copy of the database gives none of them.
 *
 * ```
 * header = u8 format = 1 || u32 version of the master key || salt (32 bytes, fresh)
 * key    = HKDF-SHA256(master key, salt, "symbolon/1 stored token", 32 bytes)
 * stored = header || ChaCha20-Poly1305(key, zero nonce, aad = header || sid, token)
 * ```
 * @module
 */
import { open, seal, ZERO_NONCE } from '../lib/aead.ts'
import { concat, equal } from '../lib/bytes.ts'
import { ProtocolError } from '../lib/errors.ts'
import { hkdf } from '../lib/hkdf.ts'
import { type RandomBytes, secureRandomBytes } from '../lib/random.ts'
import { Secret } from '../lib/secret.ts'

const SALT_BYTES = 32
// format 1, key version 1: the only ones there are.
const PREFIX = Uint8Array.of(1, 0, 0, 0, 1)
const HEADER_BYTES = PREFIX.length + SALT_BYTES
const INFO = 'symbolon/1 stored token'

/**
 * Seals a token for the store.
 *
 * @param masterKey - 32 bytes.
 * @param sid - `sessionId(token)`; a row moved to another session does not open.
 */
export function sealStoredToken(
  masterKey: Uint8Array,
  sid: Uint8Array,
  token: Secret,
  randomBytes: RandomBytes = secureRandomBytes,
): Uint8Array {
  const salt = randomBytes(SALT_BYTES)
  const header = concat(PREFIX, salt)
  return concat(header, seal(hkdf(masterKey, salt, INFO), ZERO_NONCE, concat(header, sid), token.reveal()))
}

/**
 * Opens what `sealStoredToken` made.
 *
 * @throws ProtocolError `decryption_failed` for another format, master key or session, and for any changed bit.
 */
export function openStoredToken(masterKey: Uint8Array, sid: Uint8Array, stored: Uint8Array): Secret {
  const header = stored.subarray(0, HEADER_BYTES)
  if (!equal(header.subarray(0, PREFIX.length), PREFIX)) {
    throw new ProtocolError(
      'decryption_failed',
      'the stored token is of a format or key version unknown here',
    )
  }
  const key = hkdf(masterKey, header.subarray(PREFIX.length), INFO)
  return new Secret(
    'session token',
    open(key, ZERO_NONCE, concat(header, sid), stored.subarray(HEADER_BYTES)),
  )
}
