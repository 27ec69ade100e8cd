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
  const { store, clock, log, subscribers } = kdc
  return new Hono<KdcEnv>().post('/logout', sessionRequest(kdc), async (c) => {
    const { sid, username } = await authenticate(kdc, c)
    await store.sessions.end(sid)
    subscribers.notify()
    log.info({ username }, 'logout')
    return c.json({ time: clock() })
  })
}
