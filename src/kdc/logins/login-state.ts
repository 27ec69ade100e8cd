/**
 * What the KDC must know again when an OPAQUE login finishes. The client keeps it, sealed: a start costs no place in the
 * store, and any node can finish what another began.
 */
import { createHash } from 'node:crypto'
import { fromBase64url, fromUtf8, toBase64url, utf8 } from '../../lib/bytes.ts'
import type { RandomBytes } from '../../lib/crypto/random.ts'
import type { Kdc } from '../context.ts'
import { openAtRest, saltOf, sealAtRest } from '../keys/at-rest.ts'

/** From the start of a login to its finish: Argon2id on a slow machine, and a slow network. */
export const LOGIN_STATE_LIFETIME_SEC = 60

export interface LoginState {
  /** OPAQUE's `serverLoginState`. */
  readonly opaque: string
  /** SHA-256 of the registration record that it was begun with, hexadecimal: of nothing, for a fake one. */
  readonly recordHash: string
  readonly expiresAt: number
}

/** What a login state remembers of a record: in length alike for every account, and for none. */
export function recordHash(record: string): string {
  return createHash('sha256').update(record).digest('hex')
}

/** What login states are sealed with: neither the master key alone nor the data directory alone must be enough to finish a login. */
export type LoginStateKeys = Pick<Kdc, 'masterKeys' | 'opaqueKeys'>

/** Seals a login state for the client to keep. */
export function sealLoginState(
  { masterKeys, opaqueKeys }: LoginStateKeys,
  username: string,
  state: LoginState,
  randomBytes: RandomBytes,
): string {
  const plaintext = utf8(JSON.stringify(state))
  const options = { randomBytes, with: fromBase64url(opaqueKeys.setup) }
  return toBase64url(sealAtRest(masterKeys, 'login state', utf8(username), plaintext, options))
}

/**
 * Opens what `sealLoginState` made.
 *
 * @returns the state, and an id that no other has: a state is good for one finish. Nothing, when its master key is gone.
 * @throws ProtocolError `decryption_failed`, CodecError `malformed`.
 */
export function openLoginState(
  { masterKeys, opaqueKeys }: LoginStateKeys,
  username: string,
  text: string,
): { state: LoginState; id: Uint8Array } | undefined {
  const sealed = fromBase64url(text, { name: 'state' })
  const options = { with: fromBase64url(opaqueKeys.setup) }
  const plaintext = openAtRest(masterKeys, 'login state', utf8(username), sealed, options)
  return plaintext && { state: JSON.parse(fromUtf8(plaintext)), id: saltOf(sealed) }
}
