/**
 * OPAQUE (RFC 9807): what both sides must agree on, and the client's half of registrations and logins. The protocol itself is
 * `@serenity-kit/opaque`'s (ristretto255, SHA-512). https://www.rfc-editor.org/rfc/rfc9807
 *
 * The values here go into every registration record: changing one locks every account out.
 *
 * @module
 */
import { EMPTY, fromBase64url } from './bytes.ts'
import { hkdf } from './crypto/hkdf.ts'
import { Secret } from './crypto/secret.ts'
import { CodecError, ProtocolError } from './errors.ts'

/** The client's slow hash: Argon2id with OWASP's first recommendation, 19 MiB and two passes; about 35 ms. */
export const KEY_STRETCHING = {
  'argon2id-custom': { iterations: 2, memory: 19_456, parallelism: 1 },
} as const

/** The identities bound into a record (RFC 9807 §4): the username, and the KDC by its public key, the default. */
export function identifiers(username: string): { client: string } {
  return { client: username }
}

/** Longest password, in UTF-8 bytes: far beyond any that is typed, short enough to hash for a stranger. */
export const MAX_PASSWORD_BYTES = 1024

/** KE2 with ristretto255 and SHA-512 (RFC 9807 §6.1): Noe + Nn + (Npk + Nn + Nm) + Nn + Npk + Nm. */
export const KE2_BYTES = 32 + 32 + (32 + 32 + 64) + 32 + 32 + 64
/** RegistrationResponse with ristretto255 (RFC 9807 §5.1): Noe + Npk. */
export const REGISTRATION_RESPONSE_BYTES = 32 + 32

/** Length of OPAQUE's session key, Nx of RFC 9807 with SHA-512. */
const SESSION_KEY_BYTES = 64
const TOKEN_INFO = 'symbolon/1 session token'

/** What OPAQUE gives the client at the end of a login. */
export interface FinishedLogin {
  /** KE3, base64url: for the KDC. */
  readonly finish: string
  readonly token: Secret
  /**
   * OPAQUE's export_key (RFC 9807 §3.3 and §10.4), 64 bytes: what only the client can make, of the right password and with the
   * KDC's help. The same at every login until the record is replaced; another from then on, for the same password too (a
   * nonce goes into it, §4.1.2). Not to be used before the KDC has proved who it is (§6), which here it has.
   */
  readonly exportKey: Secret
  /** The KDC's public key, 32 bytes in base64url: who it is, whatever its address. */
  readonly kdcKey: string
}

/**
 * Begins a login (RFC 9807 §6.2, ClientInit).
 *
 * @returns KE1 in base64url, for the KDC, and what `finishLogin` needs, which depends on the password.
 * @throws TypeError when the password is not text: half of a surrogate pair is no character.
 */
export async function startLogin(password: string): Promise<{ request: string; state: string }> {
  const { client } = await loaded()
  const started = client.startLogin({ password: normalized(password) })
  return { request: started.startLoginRequest, state: started.clientLoginState }
}

/**
 * Judges the KDC's answer and finishes (RFC 9807 §6.2, ClientFinish). Takes some 35 ms of Argon2id, in one piece.
 *
 * @param response - KE2, as the KDC sent it.
 * @throws ProtocolError `login_refused`: the password is wrong, there is no such account, or this KDC never registered it.
 */
export async function finishLogin(
  username: string,
  password: string,
  state: string,
  response: string,
): Promise<FinishedLogin> {
  const { client } = await loaded()
  let finished: ReturnType<typeof client.finishLogin>
  try {
    // The library reads no further than it must.
    fromBase64url(response, { length: KE2_BYTES })
    finished = client.finishLogin({
      clientLoginState: state,
      loginResponse: response,
      password: normalized(password),
      identifiers: identifiers(username),
      keyStretching: KEY_STRETCHING,
    })
  } catch {
    // An answer that is no KE2 is no better than a wrong one.
  }
  if (!finished) throw new ProtocolError('login_refused', 'the username or the password is wrong')
  return {
    finish: finished.finishLoginRequest,
    token: tokenOf(finished.sessionKey),
    exportKey: Secret.fromText('export key', finished.exportKey),
    kdcKey: finished.serverStaticPublicKey,
  }
}

/**
 * Begins a registration (RFC 9807 §5.1, CreateRegistrationRequest).
 *
 * @returns RegistrationRequest in base64url, for the KDC, and what `finishRegistration` needs, which depends on the password.
 * @throws TypeError as `startLogin`.
 */
export async function startRegistration(password: string): Promise<{ request: string; state: string }> {
  const { client } = await loaded()
  const started = client.startRegistration({ password: normalized(password) })
  return { request: started.registrationRequest, state: started.clientRegistrationState }
}

/**
 * Makes the record of a password (RFC 9807 §5.1, FinalizeRegistrationRequest). Takes some 35 ms of Argon2id, in one piece.
 *
 * @param response - RegistrationResponse, as the KDC sent it.
 * @returns RegistrationRecord in base64url, for the KDC; what logins will give once it has that; and the KDC's public key, as it says
 *   itself: only a login proves it.
 * @throws CodecError `malformed` when the response is none.
 */
export async function finishRegistration(
  username: string,
  password: string,
  state: string,
  response: string,
): Promise<{ record: string; exportKey: Secret; kdcKey: string }> {
  const { client } = await loaded()
  try {
    fromBase64url(response, { length: REGISTRATION_RESPONSE_BYTES })
    const finished = client.finishRegistration({
      password: normalized(password),
      clientRegistrationState: state,
      registrationResponse: response,
      identifiers: identifiers(username),
      keyStretching: KEY_STRETCHING,
    })
    return {
      record: finished.registrationRecord,
      exportKey: Secret.fromText('export key', finished.exportKey),
      kdcKey: finished.serverStaticPublicKey,
    }
  } catch {
    throw new CodecError('reply to the start of a registration: it is no OPAQUE message')
  }
}

/** @param sessionKey - as `@serenity-kit/opaque` gives it: 64 bytes in base64url. */
export function tokenOf(sessionKey: string): Secret {
  const ikm = fromBase64url(sessionKey, { name: 'OPAQUE session key', length: SESSION_KEY_BYTES })
  return new Secret('session token', hkdf(ikm, EMPTY, TOKEN_INFO))
}

function normalized(password: string): string {
  // In UTF-8 every half would become U+FFFD, and one password do for another.
  if (/\p{Surrogate}/u.test(password))
    throw new TypeError('the password: half of a surrogate pair is not text')
  return password.normalize('NFC')
}

// Loaded when it is first needed: what only opens tickets and channels does without its WebAssembly.
async function loaded() {
  const opaque = await import('@serenity-kit/opaque')
  await opaque.ready
  return opaque
}
