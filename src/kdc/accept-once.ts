/**
 * How a change is accepted once, whatever else happens at the same time, and how often a principal may change something.
 */
import type { Context } from 'hono'
import type { Kdc, KdcEnv } from './context.ts'
import { authenticate } from './logins/authenticate.ts'
import { Problem, type ProblemCode, statusOf } from './problems.ts'
import type { Allowance } from './store/attempts.ts'
import type { Accepted, RequestKey } from './store/requests.ts'
import { type LimitingKdc, takeAllowances } from './traffic/login-limits.ts'

/** A request is known for longer than an attacker can send it again (docs/protocol.md §3.7). */
export const REMEMBER_SEC = 900
const ID_BYTES = 16

/** Changes of any kind: as many as may wait of one sender at once, then one a second. Each is remembered for days. */
export const CHANGES = { burst: 10_000, intervalSec: 1 }
/** Requests of other kinds whose ids are remembered, a quarter of an hour each. */
export const REQUEST_IDS = { burst: 1000, intervalSec: 1 }
/** Identities: a new machine now and then. */
export const IDENTITIES = { burst: 20, intervalSec: 60 * 60 }
/** Key packages that one principal may take: a large group at once, then one a second. */
export const TAKES = { burst: 2000, intervalSec: 1 }

/** Each time, another request's change came between the look and the write. */
const TRIES = 20

/**
 * The key of a request that is done once, and counted, of the principal who asks. Those that take a fresh login are counted by themselves, so
 * that a thief of an older session does not use up what it takes to end that.
 *
 * @throws Problem `too_many_attempts`.
 */
export function requestKey(
  kdc: Kdc,
  c: Context<KdcEnv>,
  username: string,
  kind: 'request' | 'fresh request' = 'request',
): Promise<RequestKey> {
  return countedKey(kdc, c, { name: `${kind} ${username}`, ...REQUEST_IDS, what: 'requests' }, username)
}

/**
 * The key of a change, of the principal who asks; known for as long as anything is kept, so that a client may send it again after days.
 *
 * @throws Problem as `authenticate`; `too_many_attempts`.
 */
export async function changeKey(kdc: Kdc, c: Context<KdcEnv>): Promise<RequestKey> {
  const { username } = await authenticate(kdc, c)
  const key = await countedKey(kdc, c, { name: `change ${username}`, ...CHANGES, what: 'changes' }, username)
  return { ...key, forgetAt: Math.max(key.forgetAt, kdc.clock() + kdc.keepSec) }
}

/**
 * What tells a principal's request from every other: of one that came in clear the KDC cannot tell whether it came before. It takes a place in
 * the store, so it is counted, unless it came before: an attacker who has recorded it, and sends it again, uses up none of the principal's tries.
 */
async function countedKey(
  kdc: Kdc,
  c: Context<KdcEnv>,
  rate: Allowance & { readonly what: string },
  username: string,
): Promise<RequestKey> {
  const id = c.var.requestId ?? kdc.randomBytes(ID_BYTES)
  const key = { username, id, forgetAt: kdc.clock() + REMEMBER_SEC }
  if (!(await kdc.store.requests.find(key))) await requireRate(kdc, username, rate)
  return key
}

/**
 * Makes a change, once. A refusal is final: a copy of the request that was held back and comes later is refused too, whatever has
 * changed meanwhile, since its client has given the change up.
 *
 * @param attempt - looks, judges (throwing a Problem), and writes; nothing when what it saw was not so any more.
 * @returns what was accepted, now or when the same request came before, and which of these it was.
 * @throws Problem of `attempt`, now or before; `kdc_busy` when others were faster again and again.
 */
export async function acceptOnce(
  kdc: Kdc,
  key: RequestKey,
  attempt: () => Promise<Accepted | undefined>,
): Promise<Accepted & { readonly isNew: boolean }> {
  for (let tries = 0; tries < TRIES; tries++) {
    const earlier = await kdc.store.requests.find(key)
    if (earlier?.refusal) throw new Problem(earlier.refusal as ProblemCode, 'this request was refused before')
    if (earlier) return { ...earlier, isNew: false }
    try {
      const accepted = await attempt()
      if (accepted) return { ...accepted, isNew: true }
    } catch (error) {
      // Unless the same request was answered meanwhile: then that answer stands.
      if (!isFinal(error)) throw error
      // For as long as a copy of it opens: its client, who has read the refusal, does not send it again.
      const refused = { ...key, forgetAt: kdc.clock() + REMEMBER_SEC }
      if (await kdc.store.requests.refuse(refused, error.code)) throw error
    }
  }
  throw new Problem('kdc_busy', 'this group changes too fast: try again')
}

function isFinal(error: unknown): error is Problem {
  return error instanceof Problem && statusOf(error) < 500
}

/**
 * Counts something that a principal does.
 *
 * @param what - in words, for the problem.
 * @throws Problem `too_many_attempts`, with `Retry-After`.
 */
export function requireRate(
  kdc: Omit<LimitingKdc, 'loginLimits'>,
  username: string,
  { what, ...allowance }: Allowance & { readonly what: string },
): Promise<void> {
  return takeAllowances(kdc, [allowance], { username }, what)
}
