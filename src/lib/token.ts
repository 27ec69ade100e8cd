/**
 * The session token of an OPAQUE login, which both sides derive and neither sends. docs/protocol.md §3.6.
 *
 * @module
 */
import { EMPTY, fromBase64url } from './bytes.ts'
import { hkdf } from './crypto/hkdf.ts'
import { Secret } from './crypto/secret.ts'

/** Length of OPAQUE's session key, Nx of RFC 9807 with SHA-512. */
const SESSION_KEY_BYTES = 64
const INFO = 'symbolon/1 session token'

/** @param sessionKey - as `@serenity-kit/opaque` gives it: 64 bytes in base64url. */
export function tokenOf(sessionKey: string): Secret {
  const ikm = fromBase64url(sessionKey, { name: 'OPAQUE session key', length: SESSION_KEY_BYTES })
  return new Secret('session token', hkdf(ikm, EMPTY, INFO))
}
