/**
 * How often a principal may change something.
 *
 * @module
 */
import type { Allowance } from '../store/attempts.ts'
import { type LimitingKdc, takeAllowances } from './login-limits.ts'

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
export function requireRate(
  kdc: Omit<LimitingKdc, 'loginLimits'>,
  username: string,
  { what, ...allowance }: Allowance & { readonly what: string },
): Promise<void> {
  return takeAllowances(kdc, [allowance], { username }, what)
}
