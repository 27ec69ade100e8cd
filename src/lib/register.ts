/**
 * Making an account.
 *
 * @module
 */
import { untilAborted } from './abort.ts'
import { judgeLogin } from './check-options.ts'
import { ProtocolError, TransportError } from './errors.ts'
import { invitationToken } from './invitation.ts'
import { readReply } from './kdc-link/answers.ts'
import { UnsealedAnswer } from './kdc-link/exchange.ts'
import { KdcLink } from './kdc-link/kdc-link.ts'
import { parseUsername } from './names.ts'
import { isLoopback } from './network/address.ts'
import { finishRegistration, startRegistration } from './opaque.ts'
import type { LoginOptions, PasswordSource } from './renewable-login.ts'
import { login, type Session } from './session.ts'

/** How to make an account, and log in to it. */
export interface RegisterOptions extends LoginOptions {
  /** Whether to register without an invitation across a network where an attacker could listen or answer. Default: no. */
  readonly allowPlaintext?: boolean | undefined
  /** What the KDC's administrator gave, where an account takes an invitation. */
  readonly invitation?: string | undefined
}

/**
 * Makes an account with a password that the KDC never sees, and logs in: that it can be done shows that the account is as it
 * should be.
 *
 * @param password - when it is a function, it is asked once, after the KDC has said that there may be such an account: that takes a
 *   request, and a try, more.
 * @throws ProtocolError `account_exists`, `registration_closed`, `invitation_required`, `invitation_unknown`,
 *   `invitation_refused`, `plaintext_refused`, and as `login`; TransportError `too_many_attempts`, and as `login`; CodecError
 *   `malformed` when the invitation is none.
 * @example const alice = await register('http://127.0.0.1:8800', 'alice', password, { invitation })
 */
export async function register(
  kdc: string,
  username: string,
  password: PasswordSource,
  options: RegisterOptions = {},
): Promise<Session> {
  judgeLogin('register', kdc, username, password, options, {
    allowPlaintext: 'boolean',
    invitation: 'string',
  })
  const name = parseUsername(username)
  const { invitation, allowPlaintext, ...loginOptions } = options
  const token = invitation === undefined ? undefined : invitationToken(invitation)
  if (!token && !allowPlaintext && !isProtected(kdc)) {
    throw new ProtocolError(
      'plaintext_refused',
      'an on-path attacker could answer for the KDC and guess the password: sign up with an invitation, or over https',
    )
  }
  options.signal?.throwIfAborted()
  const link = await KdcLink.open(kdc, name, options)
  const post = (path: string, body: Record<string, unknown>) =>
    token ? link.sealed(path, body, token) : link.plain(path, body)
  const start = async (text: string) => {
    const { request, state } = await startRegistration(text)
    const reply = await post('/register/start', { username: name, request })
    return { state, response: readReply('/register/start', reply).response }
  }
  const signUp = async () => {
    // No person should think up a password for an account that there cannot be.
    if (typeof password !== 'string') await start('any')
    const chosen = typeof password === 'string' ? password : await password()
    const { state, response } = await start(chosen)
    const { record, exportKey, kdcKey } = await finishRegistration(name, chosen, state, response)
    // The login that follows gives it again.
    exportKey.wipe()
    await options.judgeKey?.(kdcKey, false)
    // After an answer that is none, whether there is an account now shows in a login.
    const doubt = await post('/register/finish', { username: name, record }).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof TransportError) return error
        throw error
      },
    )
    return { chosen, doubt }
  }
  const { chosen, doubt } = await untilAborted(signUp, options.signal).catch(async (error) => {
    await link.close()
    throw believed(error)
  })
  try {
    return await login(kdc, name, chosen, { ...loginOptions, link: link.http })
  } catch (error) {
    if (!doubt) throw error
    const why = `there may or may not be an account now: ${doubt.message}`
    throw new TransportError(doubt.code, why, { cause: error })
  }
}

/** What a KDC that does not know an invitation cannot seal: worth asking for another one, at the beginning. */
const ABOUT_INVITATIONS = {
  invitation_unknown:
    'there is no such invitation, as far as an answer without a seal can say: mistyped, withdrawn or expired',
  registration_closed: "accounts are made by the KDC's administrator only",
} as const

function believed(error: unknown): unknown {
  const claims = error instanceof UnsealedAnswer ? error.claims : undefined
  if (claims !== 'invitation_unknown' && claims !== 'registration_closed') return error
  return new ProtocolError(claims, ABOUT_INVITATIONS[claims], { cause: error })
}

// RFC 9807 §5: registration takes a channel on which the server is authenticated.
function isProtected(kdc: string): boolean {
  const { protocol, hostname } = new URL(kdc)
  return protocol === 'https:' || isLoopback(hostname)
}
