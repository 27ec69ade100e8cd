/**
 * A principal's entries, and waiting for more. docs/protocol.md §7.3.
 *
 * @module
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { keyOf } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import { EVENT_STREAM } from '../events/event-stream.ts'
import { count, pageLimit, toText } from '../groups/fields.ts'
import { parse } from '../http/request.ts'
import { sealedReadRequest, sealedSessionRequest } from '../http/sealed-request.ts'
import { authenticate } from '../logins/authenticate.ts'
import type { Entry } from '../store/mailbox.ts'
import { breathe } from '../traffic/fair-queue.ts'
import { ANSWER_BYTES } from '../traffic/limits.ts'

export const MAX_PAGE = 500
/** Some milliseconds of work. */
export const MAX_PAGE_BYTES = 256 * 1024

export const PageRequest = v.object({ after: count, limit: pageLimit(MAX_PAGE) })
export const AckRequest = v.object({ position: count })
export const WaitRequest = v.object({ after: count })

/** `POST /mailbox`, `POST /mailbox/ack`, `POST /mailbox/wait` */
export function mailboxRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock } = kdc
  return new Hono<KdcEnv>()
    .post('/mailbox', sealedReadRequest(kdc, ANSWER_BYTES.mailbox), async (c) => {
      const { after, limit } = parse(PageRequest, c.var.body)
      const { username } = await authenticate(kdc, c)
      const { entries, more } = await store.mailbox.page(username, after, limit, MAX_PAGE_BYTES)
      await breathe()
      return c.json({ entries: entries.map(toJson), more, time: clock() })
    })
    .post('/mailbox/ack', sealedSessionRequest(kdc), async (c) => {
      const { position } = parse(AckRequest, c.var.body)
      const { username } = await authenticate(kdc, c)
      await store.mailbox.acknowledge(username, position)
      return c.json({ time: clock() })
    })
    .post('/mailbox/wait', sealedSessionRequest(kdc), async (c) => {
      const { after } = parse(WaitRequest, c.var.body)
      const session = await authenticate(kdc, c)
      const key = keyOf(kdc, c, session.username)
      const body = await kdc.subscribers.open(session, key, after, c.req.raw.signal)
      // A proxy that collected answers before it passed them on would keep all of this to itself.
      const headers = { 'Content-Type': EVENT_STREAM, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }
      return c.newResponse(body, { headers })
    })
}

function toJson(entry: Entry) {
  const { position, group, seq, epoch, sender, kind, storedAt, added, removed, payload, isWelcome } = entry
  const facts = { position, group: toText(group), seq, epoch, sender, kind, at: storedAt, added, removed }
  return isWelcome ? { ...facts, welcome: toText(payload) } : { ...facts, payload: toText(payload) }
}
