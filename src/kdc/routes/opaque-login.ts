/**
 * Messages 1 and 2 without showing the password: OPAQUE (RFC 9807 §6). docs/protocol.md §3.6.
 *
 * @module
 */
import * as opaque from '@serenity-kit/opaque'
import { Hono } from 'hono'
import * as v from 'valibot'
import { fromBase64url } from '../../lib/bytes.ts'
import { identifiers, tokenOf } from '../../lib/opaque.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import * as fields from '../http/fields.ts'
import { remoteAddress } from '../http/remote-address.ts'
import { jsonRequest, parse } from '../http/request.ts'
import { beginSession, loginRefused } from '../logins/begin-session.ts'
import { decoyRecord } from '../logins/decoy.ts'
import {
  LOGIN_STATE_LIFETIME_SEC,
  openLoginState,
  recordHash,
  sealLoginState,
} from '../logins/login-state.ts'
import { Problem } from '../problems.ts'
import { countTry } from '../traffic/login-limits.ts'

export const StartRequest = v.object({ username: fields.username, request: fields.base64url })
// No port: nothing here but KE3 is authenticated. Where she listens she says under seal.
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

/** `POST /login/start`, `POST /login/finish` */
export function opaqueLoginRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, opaqueKeys, clock, randomBytes, log } = kdc
  return new Hono<KdcEnv>()
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
      return c.json({
        response: loginResponse,
        state: sealLoginState(kdc, username, state, randomBytes),
      })
    })
    .post('/login/finish', jsonRequest(), async (c) => {
      const { username, state, finish } = parse(FinishRequest, c.var.body)
      const account = await store.accounts.find(username)
      const begun = openState(kdc, username, state)
      const sessionKey = begun && (await finishLogin(begun.state.opaque, username, finish))
      if (!account || !begun || !sessionKey || begun.state.recordHash !== recordHash(account.record)) {
        log.info({ username: account?.username, ip_addr: remoteAddress(kdc, c) }, 'login_refused')
        throw loginRefused()
      }
      const login = { username, record: account.record, token: tokenOf(sessionKey), loginId: begun.id }
      const expiresAt = await beginSession(kdc, c, login)
      return c.json({ username, expires_at: expiresAt, time: clock() })
    })
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
