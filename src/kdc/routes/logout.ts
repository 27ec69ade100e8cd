/**
 * The end of a session.
 *
 * @module
 */
import { Hono } from 'hono'
import type { Kdc, KdcEnv } from '../context.ts'
import { sessionRequest } from '../http/sealed-request.ts'
import { authenticate } from '../logins/authenticate.ts'

/** `POST /logout` */
export function logoutRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log, waiters } = kdc
  return new Hono<KdcEnv>().post('/logout', sessionRequest(kdc), async (c) => {
    const { sid, username } = await authenticate(kdc, c)
    await store.sessions.end(sid)
    waiters.notify()
    log.info({ username }, 'logout')
    return c.json({ time: clock() })
  })
}
