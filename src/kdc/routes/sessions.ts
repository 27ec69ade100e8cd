/**
 * Which sessions a principal has, where one of them accepts channels, and the end of one. docs/protocol.md §3.3, §3.4 and §3.10.
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { equal, fromHex, toHex } from '../../lib/bytes.ts'
import { SESSION_ID_BYTES } from '../../lib/ticket.ts'
import { requestKey } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import * as fields from '../http/fields.ts'
import { remoteAddress } from '../http/remote-address.ts'
import { parse } from '../http/request.ts'
import { sessionRequest } from '../http/sealed-request.ts'
import { authenticate, authenticateFresh } from '../logins/authenticate.ts'
import { Problem } from '../problems.ts'
import { cutoff, type Endpoint } from '../store/sessions.ts'

export const ListenRequest = v.object({
  port: fields.port,
  lease: fields.optional(fields.lease),
  since: fields.optional(fields.count),
})
export const EndRequest = v.object({ session: v.optional(fields.text) })

/** `POST /listen`, `/logout`, `/sessions`, `/sessions/end` */
export function sessionsRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log, subscribers } = kdc
  return new Hono<KdcEnv>()
    .post('/listen', sessionRequest(kdc), async (c) => {
      const { port, lease: leaseSec, since } = parse(ListenRequest, c.var.body)
      const { sid, username, expiresAt } = await authenticate(kdc, c)
      const endpoint = { address: remoteAddress(kdc, c), port }
      // A client whose clock is ahead must not keep the principal's other sessions from being heeded until that time has come.
      const { requestTime } = c.var
      const sealed = requestTime !== undefined && {
        time: Math.min(requestTime, clock()),
        request: await requestKey(kdc, c, username),
      }
      const said = { leaseSec, since, sealed: sealed || undefined }
      if (await store.sessions.listen(sid, endpoint, clock(), said)) {
        log.info({ username, ip_addr: endpoint.address, port }, 'listening')
      }
      const present = leaseSec === undefined ? {} : await presenceOf(kdc, username, sid, endpoint)
      return c.json({ ip_addr: endpoint.address, port, expires_at: expiresAt, ...present, time: clock() })
    })
    .post('/logout', sessionRequest(kdc), async (c) => {
      const { sid, username } = await authenticate(kdc, c)
      await store.sessions.end(sid)
      subscribers.notify()
      log.info({ username }, 'logout')
      return c.json({ time: clock() })
    })
    .post('/sessions', sessionRequest(kdc), async (c) => {
      const { username, sid } = await authenticate(kdc, c)
      const sessions = await store.sessions.list(username, cutoff(kdc))
      return c.json({
        sessions: sessions.map((session) => ({
          id: toHex(session.sid),
          this: equal(session.sid, sid),
          ip_addr: session.address,
          begun_at: session.createdAt,
          used_at: session.usedAt,
          expires_at: session.expiresAt,
          listens_at: session.endpoint && { ip_addr: session.endpoint.address, port: session.endpoint.port },
        })),
        time: clock(),
      })
    })
    .post('/sessions/end', sessionRequest(kdc), async (c) => {
      const { session } = parse(EndRequest, c.var.body)
      const { username, sid } = await authenticateFresh(kdc, c)
      const which = session === undefined ? undefined : parseId(session)
      const key = await requestKey(kdc, c, username, 'fresh request')
      const ended = await store.sessions.endBy(key, sid, which)
      subscribers.notify()
      if (ended > 0) log.info({ username, sessions: ended }, 'sessions_ended')
      return c.json({ ended, time: clock() })
    })
}

/** What a receiver that comes again is told: until when it is reached, whether it is the one that is, and which others there are. */
async function presenceOf(kdc: Kdc, username: string, sid: Uint8Array, { address, port }: Endpoint) {
  const listeners = await kdc.store.sessions.listeners(username, cutoff(kdc))
  const own = listeners.find((listener) => equal(listener.sid, sid))
  // Where this one listens there is no other: it may have had another session before.
  const others = listeners.filter((other) => other.address !== address || other.port !== port)
  return {
    lease_until: own?.until,
    chosen: own !== undefined && own === listeners[0],
    others: others.map((other) => ({ ip_addr: other.address, port: other.port, since: other.since })),
  }
}

function parseId(text: string): Uint8Array {
  try {
    return fromHex(text, { length: SESSION_ID_BYTES })
  } catch {
    throw new Problem('invalid_request', 'session: expected 16 bytes in hexadecimal')
  }
}
