/**
 * One process at a time, and others that wait for it, on Linux, macOS and Windows alike: an empty database in an exclusive transaction.
 * The operating system takes the lock of a file back from a process that has ended, however it ended.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { StoreError } from '../database/database.ts'
import { isBusy, openDatabase } from '../database/sqlite.ts'
import { ensurePrivateFile } from '../files/private-files.ts'
import { inStateTerms, StateError } from './errors.ts'

/** How long between two tries, in milliseconds; others' pieces of work take a few. */
const PAUSE_MS = 10

/**
 * @param path - of the lock's file.
 * @param waitMs - how long to try while another has it; 0 tries once.
 * @returns what gives it back.
 * @throws StateError `state_busy`, `state_unavailable`; FileError `file_not_private`.
 */
export function takeLock(path: string, waitMs: number): Promise<() => void> {
  return inStateTerms(path, async () => {
    const until = performance.now() + waitMs
    for (;;) {
      const release = tryLock(path)
      if (release) return release
      if (performance.now() >= until) {
        throw new StateError('state_busy', `another process is at work on what ${path} is for`)
      }
      // Not all at the same moment.
      await pause(PAUSE_MS * (0.5 + Math.random()))
    }
  })
}

/**
 * Takes the lock, if it is free. It does not wait.
 *
 * @param path - of the lock's own file, which is made if there is none, and stays.
 * @returns what gives it back; nothing when another process has it, or another part of this one.
 * @throws StoreError `store_unavailable`; FileError; an error of the file system.
 */
function tryLock(path: string): (() => void) | undefined {
  ensurePrivateFile(path)
  let db: DatabaseSyncInstance | undefined
  try {
    db = openDatabase(path)
    // No prepared statement, here or below: `@photostructure/sqlite` keeps a connection that had one, and with it the lock, until
    // that is collected as garbage.
    db.exec('pragma busy_timeout = 0; pragma journal_mode = memory; begin exclusive')
  } catch (cause) {
    db?.close()
    if (isBusy(cause)) return undefined
    const message = `${path} cannot be locked: ${(cause as Error).message}`
    throw new StoreError('store_unavailable', message, { cause })
  }
  const held = db
  return () => {
    if (held.isOpen) held.close()
  }
}
