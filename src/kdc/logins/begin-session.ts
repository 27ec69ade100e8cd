/**
 * The end of every login: a session.
 *
 * @module
 */
import type { Context } from 'hono'
import type { Secret } from '../../lib/crypto/secret.ts'
import { sessionId } from '../../lib/ticket.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import { remoteAddress } from '../http/remote-address.ts'
import { sealStoredToken } from '../keys/stored-token.ts'
import { Problem } from '../problems.ts'
import { forgiveness } from '../traffic/login-limits.ts'

/** One refusal for a wrong password and an unknown name. */
export const loginRefused = () => new Problem('login_refused', 'the username or the password is wrong')

/** Who has shown that the password is hers. */
export interface LoggedIn {
  readonly username: string
  /** The registration record that her password was checked against. */
  readonly record: string
  readonly token: Secret
  /** Where she listens, if she said so. */
  readonly port?: number | undefined
  /** The login state that this finishes, which is good for one finish. */
  readonly loginId?: Uint8Array
}

/**
 * Begins the session, and logs it.
 *
 * @returns when it ends, Unix seconds.
 * @throws Problem `login_refused` when the account has changed in the meantime, or the login was finished before.
 */
export async function beginSession(kdc: Kdc, c: Context<KdcEnv>, login: LoggedIn): Promise<number> {
  const { store, masterKeys, clock, randomBytes, log, sessionLifetimeSec } = kdc
  const { username, record, token, port, loginId } = login
  const now = clock()
  const address = remoteAddress(kdc, c)
  const sid = sessionId(token)
  const sealedToken = sealStoredToken(masterKeys, sid, token, randomBytes)
  const expiresAt = now + sessionLifetimeSec
  const session = { sid, username, sealedToken, address, createdAt: now, expiresAt }
  const endpoint = port === undefined ? undefined : { address, port }
  if (
    !(await store.sessions.begin(session, record, {
      endpoint,
      loginId,
      forgive: await forgiveness(kdc, username, address),
    }))
  ) {
    // The answer to a finish may have been lost, and the finish sent again: then its session is there.
    const begun = loginId && (await store.sessions.find(sid))
    if (begun?.username !== username) throw loginRefused()
    return begun.expiresAt
  }
  log.info({ username, ip_addr: address, port }, 'login')
  return expiresAt
}
