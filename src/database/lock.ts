/**
 * A lock between processes, on Linux, macOS and Windows alike: an empty database in an exclusive transaction. The operating system
 * takes the lock of a file back from a process that has ended, however it ended.
 *
 * @module
 */
import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { ensurePrivateFile } from '../files/private-files.ts'
import { StoreError } from './database.ts'
import { isBusy, openDatabase } from './driver.ts'

/**
 * Takes the lock, if nobody has it. It does not wait.
 *
 * @param path - of the lock's own file, which is made if there is none, and stays.
 * @returns what gives it back; nothing when another process has it, or somebody else in this one.
 * @throws StoreError `store_unavailable`; FileError; an error of the file system.
 */
export function tryLock(path: string): (() => void) | undefined {
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
    throw new StoreError('store_unavailable', `${path} cannot be locked: ${(cause as Error).message}`, {
      cause,
    })
  }
  const held = db
  return () => {
    if (held.isOpen) held.close()
  }
}
