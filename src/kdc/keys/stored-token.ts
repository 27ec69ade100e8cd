/**
 * Tokens at rest, of sessions and of invitations: sealed under the KDC's master key, bound to what they are for.
 *
 * @module
 */
import { type RandomBytes, secureRandomBytes } from '../../lib/crypto/random.ts'
import { Secret } from '../../lib/crypto/secret.ts'
import { openAtRest, sealAtRest } from './at-rest.ts'
import type { MasterKeys } from './master-keys.ts'

/**
 * Seals a token for the store.
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
