/**
 * SQLite itself, through the `DatabaseSync` API: Node's own from Node 24, and `@photostructure/sqlite`, the same API, below.
 *
 * @module
 */
import { createRequire } from 'node:module'
import type { DatabaseSyncInstance } from '@photostructure/sqlite'

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => DatabaseSyncInstance
}

const hasBuiltin = Number(process.versions.node.split('.')[0]) >= 24
let sqlite: SqliteModule | undefined

/**
 * Opens a database file, or `':memory:'`.
 *
 * @throws an error of SQLite, with its `errcode`.
 */
export function openDatabase(path: string): DatabaseSyncInstance {
  // When it is first needed, because it is native code; and by `require`, because nobody waits for it.
  sqlite ??= createRequire(import.meta.url)(
    hasBuiltin ? 'node:sqlite' : '@photostructure/sqlite',
  ) as SqliteModule
  return new sqlite.DatabaseSync(path)
}

/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5

/** Whether this is SQLite's word for "another connection has it locked". */
export function isBusy(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === SQLITE_BUSY
}
