/** Who is asking: the check of a token, the same for every exchange after the login. */
import * as v from 'valibot'
import { equal } from '../../lib/bytes.ts'
import { Secret } from '../../lib/crypto/secret.ts'
import { sessionId } from '../../lib/ticket.ts'
import type { Kdc, RequestView } from '../context.ts'
import * as fields from '../http/fields.ts'
import { parse } from '../http/request.ts'
import { openStoredToken } from '../keys/at-rest.ts'
import { Problem } from '../problems.ts'
import type { StoredSession } from '../store/sessions.ts'
import { cutoff, isOver, noteUse } from '../store/sessions.ts'

const tokenUnknown = () =>
  new Problem('token_unknown', 'the token is of no session of this user: log in again')

/** The password was shown when the session began: so long ago at most. */
export const FRESH_LOGIN_SEC = 300

export const Claim = v.object({ username: fields.username, token: fields.token })

/**
 * Finds the session whose client asks: by the seal of the request, or by the name and token in it.
 *
 * @throws Problem `token_unknown`, `token_expired`, `invalid_request`.
 */
export async function authenticate(kdc: Kdc, c: RequestView): Promise<StoredSession> {
  const session = c.var.session ?? (await findClaimed(kdc, parse(Claim, c.var.body)))
  if (isOver(session, cutoff(kdc))) {
    throw new Problem('token_expired', 'the session has ended: log in again')
  }
  await noteUse(kdc, session)
  return session
}

/**
 * The same for what takes the password, shown lately: who finds a session open, or has stolen one, must not be able to lock its
 * owner out.
 *
 * @throws Problem `login_stale`, and as `authenticate`.
 */
export async function authenticateFresh(kdc: Kdc, c: RequestView): Promise<StoredSession> {
  const session = await authenticate(kdc, c)
  if (kdc.clock() - session.createdAt > FRESH_LOGIN_SEC) {
    throw new Problem('login_stale', `this takes a login of the last ${FRESH_LOGIN_SEC} s: log in again`)
  }
  return session
}

async function findClaimed(kdc: Kdc, claim: v.InferOutput<typeof Claim>): Promise<StoredSession> {
  const token = parseToken(claim.token)
  const session = await kdc.store.sessions.find(sessionId(token))
  if (!session || session.username !== claim.username) throw tokenUnknown()
  // The database compared 16 bytes derived from the token, at its own pace; this compares the token.
  const stored = openStoredToken(kdc.masterKeys, session.sid, session.sealedToken)
  if (!stored || !equal(stored.reveal(), token.reveal())) throw tokenUnknown()
  return session
}

function parseToken(text: string): Secret {
  try {
    return Secret.fromText('session token', text)
  } catch {
    throw tokenUnknown()
  }
}
