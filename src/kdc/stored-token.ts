/**
 * Session tokens at rest: sealed under the KDC's master key, bound to the session's id.
 *
 * @module
 */
import { type RandomBytes, secureRandomBytes } from '../lib/random.ts'
import { Secret } from '../lib/secret.ts'
import { openAtRest, sealAtRest } from './at-rest.ts'

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
  return sealAtRest(masterKey, 'stored token', sid, token.reveal(), randomBytes)
}

/**
 * Opens what `sealStoredToken` made.
 *
 * @throws ProtocolError `decryption_failed` for another format, master key and session, and for any changed bit.
 */
export function openStoredToken(masterKey: Uint8Array, sid: Uint8Array, stored: Uint8Array): Secret {
  return new Secret('session token', openAtRest(masterKey, 'stored token', sid, stored))
}
