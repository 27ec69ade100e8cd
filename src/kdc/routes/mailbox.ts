/** A principal's entries, waiting for more, and which principals can be reached now. docs/protocol.md §7.3. */
import { Hono } from 'hono'
import * as v from 'valibot'
import { turn } from '../../lib/pacing/event-loop.ts'
import { requestKey } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import { EVENT_STREAM } from '../events/mailbox-subscribers.ts'
import * as fields from '../http/fields.ts'
import { parse } from '../http/request.ts'
import { sealedReadRequest, sealedSessionRequest } from '../http/sealed-request.ts'
import { authenticate } from '../logins/authenticate.ts'
import type { Entry } from '../store/mailbox.ts'
import { cutoff } from '../store/sessions.ts'
import { eachInPieces } from '../traffic/fair-queue.ts'
import { ANSWER_BYTES } from '../traffic/limits.ts'

const { count, MAX_NAMES, optional, toText } = fields

export const MAX_PAGE = 500
/** Some milliseconds of work. */
export const MAX_PAGE_BYTES = 256 * 1024

export const PageRequest = v.object({ after: count, limit: fields.pageLimit(MAX_PAGE) })
export const AckRequest = v.object({ position: count })
export const WaitRequest = v.object({ after: count })
export const OnlineRequest = v.object({
  usernames: optional(fields.usernames),
  after: optional(fields.username),
})

/** `POST /mailbox`, `/mailbox/ack`, `/mailbox/wait`, `/users/online` */
export function mailboxRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, subscribers } = kdc
  return new Hono<KdcEnv>()
    .post('/mailbox', sealedReadRequest(kdc, ANSWER_BYTES.mailbox), async (c) => {
      const { after, limit } = parse(PageRequest, c.var.body)
      const { username } = await authenticate(kdc, c)
      const { entries, more } = await store.mailbox.page(username, after, limit, MAX_PAGE_BYTES)
      await turn()
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
      const key = await requestKey(kdc, c, session.username)
      const body = await subscribers.open(session, key, after, c.req.raw.signal)
      // A proxy that collected answers before it passed them on would keep all of this to itself.
      const headers = { 'Content-Type': EVENT_STREAM, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }
      return c.newResponse(body, { headers })
    })
    .post(
      '/users/online',
      sealedReadRequest(kdc, ANSWER_BYTES.online, fields.MAX_NAMES_BODY_BYTES),
      async (c) => {
        const { usernames, after = '' } = parse(OnlineRequest, c.var.body)
        await authenticate(kdc, c)
        const now = cutoff(kdc)
        if (usernames === undefined) {
          const online = await store.online.list(now, after, MAX_NAMES + 1)
          const users = online.slice(0, MAX_NAMES).map((username) => ({ username, online: true }))
          return c.json({ users, more: online.length > MAX_NAMES, time: clock() })
        }
        const online = await eachInPieces(usernames, (username) => store.online.isOnline(username, now))
        const users = usernames.map((username, i) => ({ username, online: online[i] }))
        return c.json({ users, more: false, time: clock() })
      },
    )
}

function toJson(entry: Entry) {
  const { position, group, seq, epoch, sender, kind, storedAt, added, removed, payload, isWelcome } = entry
  const facts = { position, group: toText(group), seq, epoch, sender, kind, at: storedAt, added, removed }
  return isWelcome ? { ...facts, welcome: toText(payload) } : { ...facts, payload: toText(payload) }
}
