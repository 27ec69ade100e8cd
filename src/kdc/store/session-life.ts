/**
 * How long a session lives: until it expires, or is not used for too long.
 *
 * @module
 */
import type { Clock } from '../../lib/clock.ts'
import type { SessionCutoff, StoredSession } from './sessions.ts'
import type { PurgeCutoff, Store } from './store.ts'

/** A use is written down only when the last one is this old, or a tenth of the idle time: that it is known roughly will do. */
const TOUCH_SEC = 60

/** What of a KDC is needed here: context.ts says more of each. */
export interface SessionSettings {
  readonly clock: Clock
  readonly sessionIdleSec: number
}

/** Which sessions live now. */
export function cutoff({ clock, sessionIdleSec }: SessionSettings): SessionCutoff {
  const now = clock()
  return { now, idleSince: now - sessionIdleSec }
}

/** What is over now. */
export function purgeCutoff(kdc: SessionSettings & { readonly keepSec: number }): PurgeCutoff {
  const { now, idleSince } = cutoff(kdc)
  return { now, idleSince, keepSince: now - kdc.keepSec }
}

/** Whether a session is over. */
export function isOver({ expiresAt, usedAt }: StoredSession, { now, idleSince }: SessionCutoff): boolean {
  return expiresAt <= now || usedAt <= idleSince
}

/** Notes that a session is used. */
export async function noteUse(
  kdc: SessionSettings & { readonly store: Pick<Store, 'sessions'> },
  { sid, usedAt }: StoredSession,
): Promise<void> {
  const now = kdc.clock()
  const pause = Math.min(TOUCH_SEC, kdc.sessionIdleSec / 10)
  if (now - usedAt >= pause) await kdc.store.sessions.touch(sid, now)
}
