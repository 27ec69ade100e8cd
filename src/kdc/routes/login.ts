/**
 * Messages 1 and 2: a password for a session token; without showing the password by OPAQUE (RFC 9807 §6). docs/protocol.md §3.1, §3.6.
 */
import * as opaque from '@serenity-kit/opaque'
import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { fromBase64url } from '../../lib/bytes.ts'
import { KEY_BYTES, Secret } from '../../lib/crypto/secret.ts'
import { identifiers, MAX_PASSWORD_BYTES, tokenOf } from '../../lib/opaque.ts'
import { sessionId } from '../../lib/ticket.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import * as fields from '../http/fields.ts'
import { remoteAddress } from '../http/remote-address.ts'
import { jsonRequest, parse, plainRequest } from '../http/request.ts'
import { sealStoredToken } from '../keys/at-rest.ts'
import { decoyRecord } from '../logins/decoy-record.ts'
import {
  LOGIN_STATE_LIFETIME_SEC,
  openLoginState,
  recordHash,
  sealLoginState,
} from '../logins/login-state.ts'
import { Problem } from '../problems.ts'
import { countTry, forgiveness } from '../traffic/login-limits.ts'

export const LoginRequest = v.object({
  username: fields.username,
  password: v.pipe(
    v.string(),
    v.nonEmpty(),
    v.maxBytes(MAX_PASSWORD_BYTES),
    v.description(`a string of 1 to ${MAX_PASSWORD_BYTES} bytes`),
  ),
  port: fields.optional(fields.port),
})
export const StartRequest = v.object({ username: fields.username, request: fields.base64url })
// No port: nothing here but KE3 is authenticated. Where the client listens it says under seal.
export const FinishRequest = v.object({
  username: fields.username,
  state: fields.base64url,
  finish: fields.base64url,
})

/** KE1 and KE3 with ristretto255 and SHA-512 (RFC 9807 §6.1): Noe + Nn + Npk, and Nm. */
export const KE1_BYTES = 32 + 32 + 32
export const KE3_BYTES = 64
/** How far the clocks of two nodes may be apart. */
const CLOCK_SLACK_SEC = 60
/** A login that was finished is known for so long: a node that is behind takes its state for that much longer, and one that is ahead forgets as much sooner. */
const REMEMBER_LOGIN_SEC = LOGIN_STATE_LIFETIME_SEC + 2 * CLOCK_SLACK_SEC

/** `POST /login`, `/login/start`, `/login/finish` */
export function loginRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, opaqueKeys, passwords, clock, randomBytes, log } = kdc
  return new Hono<KdcEnv>()
    .post('/login', plainRequest(kdc), async (c) => {
      const { username, password, port } = parse(LoginRequest, c.var.body)
      const tries = await countTry(kdc, username, remoteAddress(kdc, c))
      const account = await store.accounts.find(username)
      // Also without an account, and at the same cost: the answer must not tell who has one.
      const check = passwords.check(username, password, account?.record ?? null, c.req.raw.signal)
      const right = await check.catch(async (error) => {
        // Nothing was tried, because too many others were at it.
        await store.attempts.giveBack(tries)
        throw error
      })
      if (!right) throw refuse(kdc, c, account?.username)
      const token = new Secret('session token', randomBytes(KEY_BYTES))
      const expiresAt = await beginSession(kdc, c, { username, record: account?.record ?? '', token, port })
      return c.json({ token: token.toText(), username, expires_at: expiresAt, time: clock() })
    })
    .post('/login/start', jsonRequest(), async (c) => {
      const { username, request } = parse(StartRequest, c.var.body)
      await countTry(kdc, username, remoteAddress(kdc, c))
      const account = await store.accounts.find(username)
      await opaque.ready
      // The same work for a name that has no account: time would tell otherwise.
      const record = account?.record ?? decoyRecord(opaqueKeys.setup)
      const { serverLoginState, loginResponse } = startLogin(opaqueKeys.setup, username, record, request)
      // A client learns by itself that a password is wrong: this is all that the KDC sees of a guess.
      log.info({ username: account?.username, ip_addr: remoteAddress(kdc, c) }, 'login_started')
      const state = {
        opaque: serverLoginState,
        recordHash: recordHash(record),
        expiresAt: clock() + LOGIN_STATE_LIFETIME_SEC,
      }
      return c.json({ response: loginResponse, state: sealLoginState(kdc, username, state, randomBytes) })
    })
    .post('/login/finish', jsonRequest(), async (c) => {
      const { username, state, finish } = parse(FinishRequest, c.var.body)
      const account = await store.accounts.find(username)
      const begun = openState(kdc, username, state)
      const sessionKey = begun && (await finishLogin(begun.state.opaque, username, finish))
      if (!account || !begun || !sessionKey || begun.state.recordHash !== recordHash(account.record)) {
        throw refuse(kdc, c, account?.username)
      }
      const login = { username, record: account.record, token: tokenOf(sessionKey), loginId: begun.id }
      const expiresAt = await beginSession(kdc, c, login)
      return c.json({ username, expires_at: expiresAt, time: clock() })
    })
}

/** One refusal for a wrong password and an unknown name. */
const loginRefused = () => new Problem('login_refused', 'the username or the password is wrong')

function refuse(kdc: Kdc, c: Context<KdcEnv>, username: string | undefined): Problem {
  kdc.log.info({ username, ip_addr: remoteAddress(kdc, c) }, 'login_refused')
  return loginRefused()
}

function startLogin(serverSetup: string, username: string, record: string, request: string) {
  try {
    // The library reads no further than it must.
    fromBase64url(request, { length: KE1_BYTES })
    return opaque.server.startLogin({
      serverSetup,
      registrationRecord: record,
      startLoginRequest: request,
      userIdentifier: username,
      identifiers: identifiers(username),
    })
  } catch {
    throw new Problem('invalid_request', 'request: expected an OPAQUE KE1 message')
  }
}

/** @returns OPAQUE's session key, unless the client does not know the password. */
async function finishLogin(state: string, username: string, finish: string): Promise<string | undefined> {
  await opaque.ready
  try {
    fromBase64url(finish, { length: KE3_BYTES })
    return opaque.server.finishLogin({
      serverLoginState: state,
      finishLoginRequest: finish,
      identifiers: identifiers(username),
    }).sessionKey
  } catch {
    return undefined
  }
}

// A state that is not ours, another user's, or too old is as good as a wrong password.
function openState(kdc: Kdc, username: string, text: string) {
  try {
    const opened = openLoginState(kdc, username, text)
    const left = opened ? opened.state.expiresAt - kdc.clock() : 0
    // One from the future comes from a node whose clock is ahead, or to one that is behind, and has forgotten what was finished.
    return left > 0 && left <= LOGIN_STATE_LIFETIME_SEC + CLOCK_SLACK_SEC ? opened : undefined
  } catch {
    return undefined
  }
}

/** A login whose password was right. */
interface Login {
  readonly username: string
  /** The registration record that the password was checked against. */
  readonly record: string
  readonly token: Secret
  /** Where the client listens, if it said so. */
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
async function beginSession(kdc: Kdc, c: Context<KdcEnv>, login: Login): Promise<number> {
  const { store, masterKeys, clock, randomBytes, log, sessionLifetimeSec } = kdc
  const { username, record, token, port, loginId } = login
  const now = clock()
  const address = remoteAddress(kdc, c)
  const sid = sessionId(token)
  const sealedToken = sealStoredToken(masterKeys, sid, token, randomBytes)
  const expiresAt = now + sessionLifetimeSec
  const session = { sid, username, sealedToken, address, createdAt: now, expiresAt }
  const endpoint = port === undefined ? undefined : { address, port }
  const forgive = await forgiveness(kdc, username, address)
  const finished = loginId && { id: loginId, forgetAt: now + REMEMBER_LOGIN_SEC }
  if (!(await store.sessions.begin(session, record, { endpoint, login: finished, forgive }))) {
    // The answer to a finish may have been lost, and the finish sent again: then its session is there.
    const begun = loginId && (await store.sessions.find(sid))
    if (begun?.username !== username) throw loginRefused()
    return begun.expiresAt
  }
  log.info({ username, ip_addr: address, port }, 'login')
  return expiresAt
}
