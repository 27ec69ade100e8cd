/**
 * Which signature key is whose, and the key packages with which those who are away are added to groups: the KDC as authentication
 * service. docs/protocol.md §7.1.
 *
 * The KDC does not look into a package: the principal who takes one checks everything.
 */
import { Hono } from 'hono'
import * as v from 'valibot'
import { changeKey, IDENTITIES, requireRate, TAKES } from '../accept-once.ts'
import type { Kdc, KdcEnv } from '../context.ts'
import { MAX_PACKAGES } from '../groups/quotas.ts'
import * as fields from '../http/fields.ts'
import { parse } from '../http/request.ts'
import { sealedReadRequest, sealedSessionRequest } from '../http/sealed-request.ts'
import { authenticate, authenticateFresh } from '../logins/authenticate.ts'
import { Problem } from '../problems.ts'
import { eachInPieces } from '../traffic/fair-queue.ts'
import { ANSWER_BYTES } from '../traffic/limits.ts'

const { MAX_MESSAGE_BODY_BYTES, MAX_NAMES_BODY_BYTES, optional, toText, usernames } = fields

export const MAX_AT_ONCE = 100

export const PutIdentityRequest = v.object({ signature_key: fields.signatureKey })
export const FindIdentitiesRequest = v.object({ usernames })
export const PutPackagesRequest = v.object({
  packages: fields.packages(MAX_AT_ONCE),
  last_resort: optional(fields.keyPackage),
  signature_key: optional(fields.signatureKey),
})
export const TakePackagesRequest = v.object({ usernames })

/** `POST /identity/put`, `/identity/find`, `/key-packages/put`, `/key-packages/count`, `/key-packages/take` */
export function identityRoute(kdc: Kdc): Hono<KdcEnv> {
  const { store, clock, log } = kdc
  return new Hono<KdcEnv>()
    .post('/identity/put', sealedSessionRequest(kdc), async (c) => {
      const { signature_key } = parse(PutIdentityRequest, c.var.body)
      // Before it counts: a thief of an older session uses up none of the principal's tries.
      await authenticateFresh(kdc, c)
      const key = await changeKey(kdc, c)
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
        const { usernames } = parse(FindIdentitiesRequest, c.var.body)
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
    .post('/key-packages/put', sealedSessionRequest(kdc, MAX_MESSAGE_BODY_BYTES), async (c) => {
      const { packages, last_resort, signature_key } = parse(PutPackagesRequest, c.var.body)
      const key = await changeKey(kdc, c)
      const { username } = key
      const put = {
        packages,
        lastResort: last_resort,
        signatureKey: signature_key,
        limit: MAX_PACKAGES,
        now: clock(),
      }
      if (await store.keyPackages.put(key, put)) {
        const counts = { packages: packages.length, last_resort: last_resort !== undefined }
        log.info({ username, ...counts }, 'key_packages_stored')
      } else if (!(await store.requests.find(key))) {
        throw await whyNotPut(kdc, username, signature_key)
      }
      return c.json({ count: await store.keyPackages.count(username), time: clock() })
    })
    .post('/key-packages/count', sealedSessionRequest(kdc), async (c) => {
      const { username } = await authenticate(kdc, c)
      return c.json({ count: await store.keyPackages.count(username), time: clock() })
    })
    .post('/key-packages/take', sealedSessionRequest(kdc, MAX_NAMES_BODY_BYTES), async (c) => {
      const { usernames } = parse(TakePackagesRequest, c.var.body)
      const key = await changeKey(kdc, c)
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
  { store }: Kdc,
  username: string,
  signatureKey: Uint8Array | undefined,
): Promise<Problem> {
  const identity = await store.identities.find(username)
  if (!identity) return new Problem('not_allowed', 'put your signature key first')
  if (signatureKey && toText(signatureKey) !== toText(identity.signatureKey)) {
    return new Problem('not_allowed', 'another signature key is yours now')
  }
  return new Problem('quota_exceeded', `there are at most ${MAX_PACKAGES} one-time packages of yours`)
}
