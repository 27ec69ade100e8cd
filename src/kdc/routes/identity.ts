/**
 * Which signature key is whose: the KDC as authentication service. docs/protocol.md §7.1.
 *
 * @module
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { requestKey } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import { MAX_NAMES_BODY_BYTES, signatureKey, toText, usernames } from '../groups/fields.ts'
import { parse } from '../http/request.ts'
import { sealedReadRequest, sealedSessionRequest } from '../http/sealed-request.ts'
import { authenticate } from '../logins/authenticate.ts'
import { IDENTITIES, requireRate } from '../traffic/change-rates.ts'
import { eachInPieces } from '../traffic/fair-queue.ts'
import { ANSWER_BYTES } from '../traffic/limits.ts'

export const PutRequest = v.object({ signature_key: signatureKey })
export const FindRequest = v.object({ usernames })

/** `POST /identity/put`, `POST /identity/find` */
export function identityRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log } = kdc
  return new Hono<KdcEnv>()
    .post('/identity/put', sealedSessionRequest(kdc), async (c) => {
      const { signature_key } = parse(PutRequest, c.var.body)
      const key = await requestKey(kdc, c)
      const { username } = key
      if (!(await store.requests.find(key))) {
        await requireRate(kdc, username, { name: `identity ${username}`, ...IDENTITIES, what: 'identities' })
      }
      if (await store.identities.put(key, signature_key, clock())) {
        log.info({ username }, 'identity_put')
      }
      return c.json({ time: clock() })
    })
    .post(
      '/identity/find',
      sealedReadRequest(kdc, ANSWER_BYTES.identities, MAX_NAMES_BODY_BYTES),
      async (c) => {
        const { usernames } = parse(FindRequest, c.var.body)
        await authenticate(kdc, c)
        const found = await eachInPieces(usernames, (username) => store.identities.find(username))
        const identities = found
          .filter((identity) => identity !== undefined)
          .map(({ username, signatureKey, since, earlier }) => ({
            username,
            signature_key: toText(signatureKey),
            since,
            earlier: earlier.map((key) => ({ signature_key: toText(key) })),
          }))
        return c.json({ identities, time: clock() })
      },
    )
}
