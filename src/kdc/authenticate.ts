/**
 * Who is asking: the check of a token, the same for every exchange after the login.
 *
 * @module
 */
import { equal } from '../lib/bytes.ts'
import { Secret } from '../lib/secret.ts'
import { sessionId } from '../lib/ticket.ts'
import type { Kdc } from './context.ts'
import { Problem } from './problems.ts'
import type { StoredSession } from './store/store.ts'
import { openStoredToken } from './stored-token.ts'

const tokenUnknown = () =>
  new Problem('token_unknown', 'the token is of no session of this user: log in again')

/**
 * Finds the session that a token stands for.
 *
 * @param claim.username - must be the session's.
 * @param claim.token - as the client sent it.
 * @throws Problem `token_unknown`, `token_expired`.
 */
export async function authenticate(
  kdc: Kdc,
  claim: { readonly username: string; readonly token: string },
): Promise<StoredSession> {
  const token = parseToken(claim.token)
  const session = await kdc.store.findSession(sessionId(token))
  if (!session || session.username !== claim.username) throw tokenUnknown()
  // The database compared 16 bytes derived from the token, at its own pace; this compares the token.
  const stored = openStoredToken(kdc.keys.masterKey, session.sid, session.sealedToken)
  if (!equal(stored.reveal(), token.reveal())) throw tokenUnknown()
  if (session.expiresAt <= kdc.clock()) {
    throw new Problem('token_expired', 'the session has ended: log in again')
  }
  return session
}

function parseToken(text: string): Secret {
  try {
    return Secret.fromText('session token', text)
  } catch {
    throw tokenUnknown()
  }
}
