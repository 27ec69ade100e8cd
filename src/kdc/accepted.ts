/**
 * How a change is accepted once, whatever else happens at the same time.
 *
 * @module
 */
import type { Context } from 'hono'
import { authenticate } from './authenticate.ts'
import type { Kdc, KdcEnv } from './context.ts'
import { Problem } from './problems.ts'
import type { Accepted, RequestKey } from './store/requests.ts'

/** A request is known for longer than it can be sent again by anybody but its client. */
const REMEMBER_SEC = 900
/** Each time, somebody else's change came between the look and the write. */
const TRIES = 20

/**
 * What tells this request from every other.
 *
 * @throws Problem as `authenticate`.
 */
export async function requestKey(kdc: Kdc, c: Context<KdcEnv>): Promise<RequestKey> {
  const { username } = await authenticate(kdc, c)
  const id = c.var.requestId
  if (!id) throw new Error('a route that takes plain requests has no key for them')
  return { username, id, forgetAt: kdc.clock() + Math.max(REMEMBER_SEC, kdc.keepSec) }
}

/**
 * Makes a change, once.
 *
 * @param attempt - looks, judges (throwing a Problem), and writes; nothing when what it saw was not so any more.
 * @returns what was accepted, now or when the same request came before, and which of these it was.
 * @throws Problem of `attempt`; `kdc_busy` when others were faster again and again.
 */
export async function acceptOnce(
  kdc: Kdc,
  key: RequestKey,
  attempt: () => Promise<Accepted | undefined>,
): Promise<Accepted & { readonly isNew: boolean }> {
  for (let tries = 0; tries < TRIES; tries++) {
    const earlier = await kdc.store.requests.find(key)
    if (earlier) return { ...earlier, isNew: false }
    const accepted = await attempt()
    if (accepted) return { ...accepted, isNew: true }
  }
  throw new Problem('kdc_busy', 'this group changes too fast: try again')
}
