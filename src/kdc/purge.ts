/**
 * Expired sessions are worth nothing, but take room, which is freed every minute.
 *
 * @module
 */
import type { Clock } from '../lib/clock.ts'
import type { Log } from './context.ts'
import type { Store } from './store/store.ts'

const INTERVAL_MS = 60_000
/** Sessions freed at once: some milliseconds of work, after which others have their turn. */
export const PURGE_LIMIT = 1000

/** Frees the room of expired sessions; failing is no trouble, for the next time comes. */
export async function purge(store: Store, clock: Clock, log: Log): Promise<void> {
  try {
    let sessions = 0
    for (let more = true; more; ) {
      const purged = await store.purgeExpired(clock(), PURGE_LIMIT)
      sessions += purged.sessions
      more = purged.more
    }
    if (sessions > 0) log.info({ sessions }, 'purged')
  } catch (error) {
    log.warn({ err: error }, 'purge_failed')
  }
}

/** Purges now and then. @returns what stops it. */
export function startPurging(store: Store, clock: Clock, log: Log): () => void {
  const timer = setInterval(() => void purge(store, clock, log), INTERVAL_MS)
  timer.unref()
  return () => clearInterval(timer)
}
