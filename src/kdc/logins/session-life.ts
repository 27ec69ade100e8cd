/**
 * How long a session lives: until it expires, or is not used for too long.
 *
 * @module
 */
import type { Kdc } from '../context.ts'
import type { Moment, StoredSession } from '../store/sessions.ts'
import type { PurgeMoment } from '../store/store.ts'

/** A use is written down only when the last one is this old, or a tenth of the idle time: that it is known roughly will do. */
const TOUCH_SEC = 60

/** Which sessions live now. */
export function moment({ clock, sessionIdleSec }: Pick<Kdc, 'clock' | 'sessionIdleSec'>): Moment {
  const now = clock()
  return { now, idleSince: now - sessionIdleSec }
}

/** What is over now. */
export function purgeMoment(kdc: Pick<Kdc, 'clock' | 'sessionIdleSec' | 'keepSec'>): PurgeMoment {
  const { now, idleSince } = moment(kdc)
  return { now, idleSince, keepSince: now - kdc.keepSec }
}

/** Whether a session is over. */
export function isOver({ expiresAt, usedAt }: StoredSession, { now, idleSince }: Moment): boolean {
  return expiresAt <= now || usedAt <= idleSince
}

/** Notes that a session is used. */
export async function noteUse(
  kdc: Pick<Kdc, 'clock' | 'sessionIdleSec' | 'store'>,
  { sid, usedAt }: StoredSession,
): Promise<void> {
  const now = kdc.clock()
  const pause = Math.min(TOUCH_SEC, kdc.sessionIdleSec / 10)
  if (now - usedAt >= pause) await kdc.store.sessions.touch(sid, now)
}
