/**
 * The end of a session.
 *
 * @module
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { authenticate } from '../authenticate.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import * as fields from '../fields.ts'
import { parse, plainRequest } from '../request.ts'

const LogoutRequest = v.object({ username: fields.username, token: fields.token })

/** `POST /logout` */
export function logoutRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log } = kdc
  return new Hono<KdcEnv>().post('/logout', plainRequest(kdc), async (c) => {
    const { sid, username } = await authenticate(kdc, parse(LogoutRequest, c.var.body))
    await store.endSession(sid)
    log.info({ username }, 'logout')
    return c.json({ time: clock() })
  })
}
