/**
 * Whether to send requests here: for load balancers.
 *
 * @module
 */
import { Hono } from 'hono'
import type { Kdc, KdcEnv } from '../context.ts'

/** `GET /healthz` */
export function healthRoute({ isDraining }: Kdc): Hono<KdcEnv> {
  return new Hono<KdcEnv>().get('/healthz', (c) =>
    isDraining() ? c.json({ status: 'draining' }, 503) : c.json({ status: 'ok' }),
  )
}
