/**
 * SQLite itself, through the `DatabaseSync` API: Node's own from Node 24, and `@photostructure/sqlite`, the same API, below.
 *
 * @module
 */
import type { DatabaseSyncInstance } from '@photostructure/sqlite'

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => DatabaseSyncInstance
}

// A variable, because @types/node 20 does not know the module.
const builtin: string = 'node:sqlite'
const hasBuiltin = Number(process.versions.node.split('.')[0]) >= 24

export const { DatabaseSync }: SqliteModule = await import(hasBuiltin ? builtin : '@photostructure/sqlite')

/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5

/** Whether this is SQLite's word for "another connection has it locked". */
export function isBusy(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === SQLITE_BUSY
}
