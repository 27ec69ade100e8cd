/**
 * Messages 1 and 2: a password for a session token.
 *
 * @module
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { KEY_BYTES, Secret } from '../../lib/crypto/secret.ts'
import { MAX_PASSWORD_BYTES } from '../../lib/opaque.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import * as fields from '../http/fields.ts'
import { remoteAddress } from '../http/remote-address.ts'
import { parse, plainRequest } from '../http/request.ts'
import { beginSession, loginRefused } from '../logins/begin-session.ts'
import { countTry } from '../traffic/login-limits.ts'

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

/** `POST /login` */
export function loginRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, passwords, clock, randomBytes, log } = kdc
  return new Hono<KdcEnv>().post('/login', plainRequest(kdc), async (c) => {
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
    if (!right) {
      log.info({ username: account?.username, ip_addr: remoteAddress(kdc, c) }, 'login_refused')
      throw loginRefused()
    }
    const token = new Secret('session token', randomBytes(KEY_BYTES))
    const expiresAt = await beginSession(kdc, c, { username, record: account?.record ?? '', token, port })
    return c.json({ token: token.toText(), username, expires_at: expiresAt, time: clock() })
  })
}
