/**
 * Another password, from the client: OPAQUE's registration once more. docs/protocol.md §3.9.
 *
 * @module
 */
import * as opaque from '@serenity-kit/opaque'
import { Hono } from 'hono'
import * as v from 'valibot'
import { keyOf } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import * as fields from '../http/fields.ts'
import { remoteAddress } from '../http/remote-address.ts'
import { parse } from '../http/request.ts'
import { sessionRequest } from '../http/sealed-request.ts'
import { authenticateFresh } from '../logins/authenticate.ts'
import { createRegistrationResponse, validateRecord } from '../logins/registration.ts'
import { Problem } from '../problems.ts'
import { countTry, forgiveness } from '../traffic/login-limits.ts'

export const StartRequest = v.object({ request: fields.base64url })
export const FinishRequest = v.object({ record: fields.base64url })

/** `POST /password/start`, `POST /password/finish` */
export function passwordRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, opaqueKeys, clock, log, subscribers } = kdc
  return new Hono<KdcEnv>()
    .post('/password/start', sessionRequest(kdc), async (c) => {
      const { request } = parse(StartRequest, c.var.body)
      const { username } = await authenticateFresh(kdc, c)
      // As in /register/start: with many answers one could guess the old password without asking again.
      await countTry(kdc, username, remoteAddress(kdc, c))
      await opaque.ready
      return c.json({
        response: createRegistrationResponse(opaqueKeys.setup, username, request),
        time: clock(),
      })
    })
    .post('/password/finish', sessionRequest(kdc), async (c) => {
      const { record } = parse(FinishRequest, c.var.body)
      const { username, sid } = await authenticateFresh(kdc, c)
      await opaque.ready
      validateRecord(opaqueKeys.setup, username, record)
      // A thief of the old password may be why there is a new one: the logins that they have begun end with it.
      const forgive = await forgiveness(kdc, username, remoteAddress(kdc, c))
      const outcome = await store.accounts.replaceRecordBy(keyOf(kdc, c, username), sid, record, forgive)
      if (!outcome) throw new Problem('token_unknown', 'the session was ended: log in again')
      if (outcome === 'repeated') return c.json({ time: clock() })
      subscribers.notify()
      log.info({ username, ip_addr: remoteAddress(kdc, c) }, 'password_changed')
      return c.json({ time: clock() })
    })
}
