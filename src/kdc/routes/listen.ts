/**
 * Where a session accepts channels; said again, that it still does.
 *
 * @module
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { authenticate } from '../authenticate.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import * as fields from '../fields.ts'
import { remoteAddress } from '../remote-address.ts'
import { parse, plainRequest } from '../request.ts'

const ListenRequest = v.object({ username: fields.username, token: fields.token, port: fields.port })

/** `POST /listen` */
export function listenRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log } = kdc
  return new Hono<KdcEnv>().post('/listen', plainRequest(kdc), async (c) => {
    const request = parse(ListenRequest, c.var.body)
    const { sid, username, expiresAt } = await authenticate(kdc, request)
    const endpoint = { address: remoteAddress(c), port: request.port }
    if (await store.listen(sid, endpoint)) {
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
