/**
 * What the KDC seals for itself, under a master key: so that a copy of the database, or a text that a client keeps for
 * it, gives nothing away.
 *
 * ```
 * header = u8 format = 1 || u32 number of the master key || salt (32 bytes, fresh)
 * key    = HKDF-SHA256(master key || another secret, if any, salt, "symbolon/1 " || what it is, 32 bytes)
 * sealed = header || ChaCha20-Poly1305(key, zero nonce, aad = header || context, plaintext)
 * ```
 */
import { concat, EMPTY } from '../../lib/bytes.ts'
import { open, seal, ZERO_NONCE } from '../../lib/crypto/aead.ts'
import { hkdf } from '../../lib/crypto/hkdf.ts'
import { type RandomBytes, secureRandomBytes } from '../../lib/crypto/random.ts'
import { Secret } from '../../lib/crypto/secret.ts'
import { ProtocolError } from '../../lib/errors.ts'
import type { Store } from '../store/store.ts'
import type { MasterKeys } from './master-keys.ts'

/** What is sealed: one key never serves for two of them. */
type Purpose = 'stored token' | 'login state'

const SALT_BYTES = 32
const FORMAT = 1
const PREFIX_BYTES = 1 + 4
const HEADER_BYTES = PREFIX_BYTES + SALT_BYTES

/**
 * Seals, under the current master key.
 *
 * @param context - what it belongs to: moved to another place, it does not open.
 * @param options.with - another secret, without which it does not open either.
 */
export function sealAtRest(
  { current }: MasterKeys,
  purpose: Purpose,
  context: Uint8Array,
  plaintext: Uint8Array,
  options: { readonly randomBytes?: RandomBytes; readonly with?: Uint8Array } = {},
): Uint8Array {
  const { randomBytes = secureRandomBytes, with: another = EMPTY } = options
  const salt = randomBytes(SALT_BYTES)
  const header = concat(prefixOf(current.number), salt)
  const key = keyFor(concat(current.bytes, another), salt, purpose)
  return concat(header, seal(key, ZERO_NONCE, concat(header, context), plaintext))
}

/**
 * Opens what `sealAtRest` made.
 *
 * @returns nothing when it was sealed under a master key that is gone.
 * @throws ProtocolError `decryption_failed` for another format, purpose or context, and for any changed bit.
 */
export function openAtRest(
  masterKeys: MasterKeys,
  purpose: Purpose,
  context: Uint8Array,
  sealed: Uint8Array,
  options: { readonly with?: Uint8Array } = {},
): Uint8Array | undefined {
  const header = sealed.subarray(0, HEADER_BYTES)
  if (header.length < HEADER_BYTES || header[0] !== FORMAT) {
    throw new ProtocolError('decryption_failed', 'sealed in a format unknown here')
  }
  const masterKey = masterKeys.find(keyNumberOf(sealed))
  if (!masterKey) return undefined
  const key = keyFor(concat(masterKey.bytes, options.with ?? EMPTY), saltOf(sealed), purpose)
  return open(key, ZERO_NONCE, concat(header, context), sealed.subarray(HEADER_BYTES))
}

function keyNumberOf(sealed: Uint8Array): number {
  return new DataView(sealed.buffer, sealed.byteOffset).getUint32(1)
}

/** The salt of what `sealAtRest` made: 32 bytes that are there once. */
export function saltOf(sealed: Uint8Array): Uint8Array {
  return sealed.slice(PREFIX_BYTES, HEADER_BYTES)
}

function prefixOf(keyNumber: number): Uint8Array {
  const prefix = new Uint8Array(PREFIX_BYTES)
  prefix[0] = FORMAT
  new DataView(prefix.buffer).setUint32(1, keyNumber)
  return prefix
}

function keyFor(ikm: Uint8Array, salt: Uint8Array, purpose: Purpose): Uint8Array {
  return hkdf(ikm, salt, `symbolon/1 ${purpose}`)
}

/**
 * Seals the token of a session, or of an invitation, for the store.
 *
 * @param sid - `sessionId(token)`; a row moved to another session does not open.
 */
export function sealStoredToken(
  masterKeys: MasterKeys,
  sid: Uint8Array,
  token: Secret,
  randomBytes: RandomBytes = secureRandomBytes,
): Uint8Array {
  return sealAtRest(masterKeys, 'stored token', sid, token.reveal(), { randomBytes })
}

/**
 * Opens what `sealStoredToken` made.
 *
 * @returns nothing when it was sealed under a master key that is gone: this token is of no use any more.
 * @throws ProtocolError `decryption_failed` for another format and session, and for any changed bit.
 */
export function openStoredToken(
  masterKeys: MasterKeys,
  sid: Uint8Array,
  stored: Uint8Array,
): Secret | undefined {
  const bytes = openAtRest(masterKeys, 'stored token', sid, stored)
  if (!bytes) return undefined
  const token = new Secret('session token', bytes)
  bytes.fill(0)
  return token
}

/** The numbers of the master keys under which what has not expired is sealed. */
export async function numbersInUse(store: Store, now: number): Promise<Set<number>> {
  return new Set((await store.sealPrefixes(now)).map(keyNumberOf))
}

/** Whether there is something sealed, and none of it under one of these. */
export async function sealedByOthers(store: Store, masterKeys: MasterKeys, now: number): Promise<boolean> {
  const numbers = await numbersInUse(store, now)
  return numbers.size > 0 && ![...numbers].some((number) => masterKeys.find(number))
}
