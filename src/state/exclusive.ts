/**
 * Opening a state's database for this process alone. The lock is SQLite's own on the file: the operating system takes it back from
 * a process that has ended, however it ended.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Database, sql } from '../database/database.ts'
import { openSqlite } from '../database/sqlite.ts'
import { StateError } from './errors.ts'
import { asStateError } from './trouble.ts'

/** How long between two tries; others' pieces of work take a few milliseconds. */
const PAUSE_MS = 10

/**
 * @param waitMs - how long to try while another has it; 0 tries once.
 * @throws StateError `state_busy`, `state_damaged`, `state_unavailable`; FileError `file_not_private`.
 */
export async function openExclusively(path: string, waitMs: number): Promise<Database> {
  const until = performance.now() + waitMs
  for (;;) {
    try {
      const database = openSqlite(path, { exclusive: true })
      // What is deleted is overwritten: keys that are gone so that nobody can read old messages (RFC 9420 §9.2) shall be gone.
      await database.read(sql`pragma secure_delete = on`)
      return database
    } catch (error) {
      const known = asStateError(path, error)
      const isBusy = known instanceof StateError && known.code === 'state_busy'
      if (!isBusy || performance.now() >= until) throw known
    }
    // Not all at the same moment.
    await pause(PAUSE_MS * (0.5 + Math.random()))
  }
}
