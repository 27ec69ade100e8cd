/**
 * Backups: a data directory of its own, with what lasts (the KDC's keys and the accounts) and nothing that logs an account in.
 *
 * @module
 */
import { mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createPrivateFile, syncDirectory } from '../files/private-files.ts'
import { DATABASE_FILE } from './data.ts'
import { OPAQUE_KEYS_FILE } from './keys/opaque-keys.ts'
import type { Store } from './store/store.ts'

/**
 * Writes a backup: all of it, or nothing under this name.
 *
 * @param directory - the data directory.
 * @param target - a directory that there is not yet, or an empty one; its parent must be there.
 * @returns false, having done nothing, when the database is a server, which has a tool of its own.
 * @throws an error of the file system, with its `code`: `ENOTEMPTY` or `ENOTDIR` when something else is there; StoreError.
 */
export async function backUp(store: Store, directory: string, target: string): Promise<boolean> {
  const place = resolve(target)
  // Beside its place, so that one step takes it there; an operator who finds it after a crash sees what it is.
  const temporary = mkdtempSync(`${place}.unfinished-`)
  try {
    if (!(await store.backUp(join(temporary, DATABASE_FILE)))) return false
    createPrivateFile(
      join(temporary, OPAQUE_KEYS_FILE),
      readFileSync(join(directory, OPAQUE_KEYS_FILE), 'latin1'),
    )
    moveInto(place, temporary)
    return true
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

// An empty directory goes first, for Windows does not replace one; one that is not empty does not go.
function moveInto(place: string, temporary: string): void {
  try {
    rmdirSync(place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  syncDirectory(temporary)
  renameSync(temporary, place)
  syncDirectory(dirname(place))
}
