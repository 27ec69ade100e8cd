/**
 * Who can be reached now. docs/protocol.md §7.3.
 *
 * @module
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Kdc, KdcEnv } from '../context.ts'
import { MAX_NAMES, MAX_NAMES_BODY_BYTES, usernames } from '../groups/fields.ts'
import * as fields from '../http/fields.ts'
import { parse } from '../http/request.ts'
import { sealedReadRequest } from '../http/sealed-request.ts'
import { authenticate } from '../logins/authenticate.ts'
import { cutoff } from '../store/session-life.ts'
import { eachInPieces } from '../traffic/fair-queue.ts'
import { ANSWER_BYTES } from '../traffic/limits.ts'

export const OnlineRequest = v.object({
  usernames: fields.optional(usernames),
  after: fields.optional(fields.username),
})

/** `POST /users/online` */
export function usersRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock } = kdc
  return new Hono<KdcEnv>().post(
    '/users/online',
    sealedReadRequest(kdc, ANSWER_BYTES.online, MAX_NAMES_BODY_BYTES),
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
