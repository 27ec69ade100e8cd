/**
 * Where a session accepts channels; said again, that it still does.
 *
 * @module
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Kdc, KdcEnv } from '../context.ts'
import * as fields from '../http/fields.ts'
import { remoteAddress } from '../http/remote-address.ts'
import { parse } from '../http/request.ts'
import { sessionRequest } from '../http/sealed-request.ts'
import { authenticate } from '../logins/authenticate.ts'

export const ListenRequest = v.object({ port: fields.port })

/** `POST /listen` */
export function listenRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log } = kdc
  return new Hono<KdcEnv>().post('/listen', sessionRequest(kdc), async (c) => {
    const { port } = parse(ListenRequest, c.var.body)
    const { sid, username, expiresAt } = await authenticate(kdc, c)
    const endpoint = { address: remoteAddress(kdc, c), port }
    if (await store.sessions.listen(sid, endpoint, timeOf(c.var.requestTime, clock()))) {
      log.info({ username, ip_addr: endpoint.address, port: endpoint.port }, 'listening')
    }
    return c.json({
      ip_addr: endpoint.address,
      port: endpoint.port,
      expires_at: expiresAt,
      time: clock(),
    })
  })
}

// A client whose clock is ahead must not keep the principal's other sessions from being heeded until that time has come.
function timeOf(requestTime: number | undefined, now: number): number | undefined {
  return requestTime === undefined ? undefined : Math.min(requestTime, now)
}
