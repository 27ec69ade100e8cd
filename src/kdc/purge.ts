/**
 * What is over (sessions, invitations, counts of attempts, messages that were read, files and messages that are too old) is worth
 * nothing, but takes room, which is freed every minute.
 *
 * @module
 */
import type { Log } from './settings.ts'
import type { PurgeCutoff } from './store/sessions.ts'
import type { Store } from './store/store.ts'

const INTERVAL_MS = 60_000
/** Freed at once, of each kind: some milliseconds of work, after which others have their turn. */
const PURGE_LIMIT = 1000

/** Frees the room of what is over; failing is no trouble, for the next time comes. */
export async function purge(store: Store, cutoff: () => PurgeCutoff, log: Log): Promise<void> {
  try {
    let [sessions, entries, files] = [0, 0, 0]
    for (let more = true; more; ) {
      const purged = await store.purge(cutoff(), PURGE_LIMIT)
      sessions += purged.sessions
      entries += purged.entries
      files += purged.files
      more = purged.more
    }
    const counts = Object.entries({ sessions, entries, files }).filter(([, count]) => count > 0)
    if (counts.length > 0) log.info(Object.fromEntries(counts), 'purged')
  } catch (error) {
    log.warn({ err: error }, 'purge_failed')
  }
}

export function startPurging(store: Store, cutoff: () => PurgeCutoff, log: Log): () => void {
  const timer = setInterval(() => void purge(store, cutoff, log), INTERVAL_MS)
  timer.unref()
  return () => clearInterval(timer)
}
