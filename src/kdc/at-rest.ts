/**
 * What the KDC seals for itself, under its master key: so that a copy of the database, or a text that a client keeps for
 * it, gives nothing away.
 *
 * ```
 * header = u8 format = 1 || u32 version of the master key || salt (32 bytes, fresh)
 * key    = HKDF-SHA256(master key, salt, "symbolon/1 " || what it is, 32 bytes)
 * sealed = header || ChaCha20-Poly1305(key, zero nonce, aad = header || context, plaintext)
 * ```
 * @module
 */
import { open, seal, ZERO_NONCE } from '../lib/aead.ts'
import { concat, equal } from '../lib/bytes.ts'
import { ProtocolError } from '../lib/errors.ts'
import { hkdf } from '../lib/hkdf.ts'
import { type RandomBytes, secureRandomBytes } from '../lib/random.ts'

/** What is sealed: one key never serves for two of them. */
export type Kind = 'stored token' | 'login state'

const SALT_BYTES = 32
// format 1, key version 1: the only ones there are.
const PREFIX = Uint8Array.of(1, 0, 0, 0, 1)
const HEADER_BYTES = PREFIX.length + SALT_BYTES

/**
 * Seals.
 *
 * @param masterKey - 32 bytes.
 * @param context - what it belongs to: moved to another place, it does not open.
 */
export function sealAtRest(
  masterKey: Uint8Array,
  kind: Kind,
  context: Uint8Array,
  plaintext: Uint8Array,
  randomBytes: RandomBytes = secureRandomBytes,
): Uint8Array {
  const salt = randomBytes(SALT_BYTES)
  const header = concat(PREFIX, salt)
  return concat(header, seal(keyFor(masterKey, salt, kind), ZERO_NONCE, concat(header, context), plaintext))
}

/**
 * Opens what `sealAtRest` made.
 *
 * @throws ProtocolError `decryption_failed` for another format, master key, kind or context, and for any changed bit.
 */
export function openAtRest(
  masterKey: Uint8Array,
  kind: Kind,
  context: Uint8Array,
  sealed: Uint8Array,
): Uint8Array {
  const header = sealed.subarray(0, HEADER_BYTES)
  if (!equal(header.subarray(0, PREFIX.length), PREFIX)) {
    throw new ProtocolError('decryption_failed', 'sealed in a format, or under a key version, unknown here')
  }
  const key = keyFor(masterKey, header.subarray(PREFIX.length), kind)
  return open(key, ZERO_NONCE, concat(header, context), sealed.subarray(HEADER_BYTES))
}

/** The salt of what `sealAtRest` made: 32 bytes that are there once. */
export function saltOf(sealed: Uint8Array): Uint8Array {
  return sealed.slice(PREFIX.length, HEADER_BYTES)
}

function keyFor(masterKey: Uint8Array, salt: Uint8Array, kind: Kind): Uint8Array {
  return hkdf(masterKey, salt, `symbolon/1 ${kind}`)
}
