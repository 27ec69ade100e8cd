/**
 * With what those who are away are added to groups. docs/protocol.md §7.1.
 *
 * The KDC does not look into a package: the principal who takes one checks everything.
 *
 * @module
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { requestKey } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import {
  keyPackage,
  MAX_MESSAGE_BODY_BYTES,
  MAX_NAMES_BODY_BYTES,
  packages,
  signatureKey,
  toText,
  usernames,
} from '../groups/fields.ts'
import { MAX_PACKAGES } from '../groups/quotas.ts'
import { optional } from '../http/fields.ts'
import { parse } from '../http/request.ts'
import { sealedSessionRequest } from '../http/sealed-request.ts'
import { authenticate } from '../logins/authenticate.ts'
import { Problem } from '../problems.ts'
import type { PutPackages } from '../store/key-packages.ts'
import type { RequestKey } from '../store/requests.ts'
import { requireRate } from '../traffic/change-rates.ts'

export const MAX_AT_ONCE = 100
/** Packages that one principal may take: a large group at once, then one a second. */
export const TAKES = { burst: 2000, intervalSec: 1 }

export const PutRequest = v.object({
  packages: packages(MAX_AT_ONCE),
  last_resort: optional(keyPackage),
  signature_key: optional(signatureKey),
})
export const TakeRequest = v.object({ usernames })

/** `POST /key-packages/put`, `POST /key-packages/count`, `POST /key-packages/take` */
export function keyPackagesRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log } = kdc
  return new Hono<KdcEnv>()
    .post('/key-packages/put', sealedSessionRequest(kdc, MAX_MESSAGE_BODY_BYTES), async (c) => {
      const { packages, last_resort, signature_key } = parse(PutRequest, c.var.body)
      const key = await requestKey(kdc, c)
      const put = {
        packages,
        lastResort: last_resort,
        signatureKey: signature_key,
        limit: MAX_PACKAGES,
        now: clock(),
      }
      if (await store.keyPackages.put(key, put)) {
        const fields = { packages: packages.length, last_resort: last_resort !== undefined }
        log.info({ username: key.username, ...fields }, 'key_packages_stored')
      } else if (!(await store.requests.find(key))) {
        throw await whyNotPut(kdc, key, put)
      }
      return c.json({ count: await store.keyPackages.count(key.username), time: clock() })
    })
    .post('/key-packages/count', sealedSessionRequest(kdc), async (c) => {
      const { username } = await authenticate(kdc, c)
      return c.json({ count: await store.keyPackages.count(username), time: clock() })
    })
    .post('/key-packages/take', sealedSessionRequest(kdc, MAX_NAMES_BODY_BYTES), async (c) => {
      const { usernames } = parse(TakeRequest, c.var.body)
      const key = await requestKey(kdc, c)
      // Before it counts: an attacker who has recorded it, and sends it again, uses up none of the principal's tries.
      if (await store.requests.find(key)) throw answeredAlready()
      const { username } = key
      const cost = Math.max(1, usernames.length)
      await requireRate(kdc, username, {
        name: `take ${username}`,
        ...TAKES,
        cost,
        what: 'key packages taken',
      })
      const taken = await store.keyPackages.take(key, usernames)
      if (!taken) throw answeredAlready()
      return c.json({
        packages: [...taken].map(([username, bytes]) => ({ username, package: toText(bytes) })),
        missing: usernames.filter((username) => !taken.has(username)),
        time: clock(),
      })
    })
}

// The answer cannot be given again, for what was taken is gone.
const answeredAlready = () =>
  new Problem('request_refused', 'this request was answered already: ask with another id')

async function whyNotPut(
  kdc: Kdc,
  { username }: RequestKey,
  { signatureKey }: PutPackages,
): Promise<Problem> {
  const identity = await kdc.store.identities.find(username)
  if (!identity) return new Problem('not_allowed', 'put your signature key first')
  if (signatureKey && toText(signatureKey) !== toText(identity.signatureKey)) {
    return new Problem('not_allowed', 'another signature key is yours now')
  }
  return new Problem('quota_exceeded', `there are at most ${MAX_PACKAGES} one-time packages of yours`)
}
