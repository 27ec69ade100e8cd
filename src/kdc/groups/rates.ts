/**
 * How often one principal may do what leaves something behind for days.
 *
 * @module
 */
import type { Kdc } from '../context.ts'
import { Problem } from '../problems.ts'
import type { Allowance } from '../store/attempts.ts'

/** Changes of any kind: as many as may wait of one sender at once, then one a second. Each is remembered for days (accept-once.ts). */
export const CHANGES = { burst: 10_000, intervalSec: 1 }
/** Identities: a new machine now and then. */
export const IDENTITIES = { burst: 20, intervalSec: 60 * 60 }

/**
 * Counts something that a principal does.
 *
 * @param what - in words, for the problem.
 * @throws Problem `too_many_attempts`, with `Retry-After`.
 */
export async function requireRate(
  { store, clock, log }: Kdc,
  username: string,
  { what, ...allowance }: Allowance & { readonly what: string },
): Promise<void> {
  const waitSec = await store.attempts.take([allowance], clock())
  if (waitSec === 0) return
  log.warn({ username }, 'too_many_attempts')
  throw new Problem('too_many_attempts', `too many ${what}: try again in ${waitSec} s`, {
    'Retry-After': String(waitSec),
  })
}
