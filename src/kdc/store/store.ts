/**
 * Everything the KDC remembers. All of it is in the database, nothing in the process, so that several processes can serve
 * one realm. Times are Unix seconds and come from the caller.
 *
 * @module
 */

import { type Database, type Statement, sql } from '../../database/database.ts'
import { Accounts } from './accounts.ts'
import { Attempts } from './attempts.ts'
import { Invitations } from './invitations.ts'
import { prepareSchema } from './schema.ts'
import { type Moment, Sessions } from './sessions.ts'

/** What logs somebody in, or ends soon by itself. Backups are without it. */
const PASSING: readonly Statement[] = [
  sql`delete from sessions`,
  sql`delete from runs`,
  sql`delete from invitations`,
  sql`delete from attempts`,
  sql`delete from familiar`,
]

/** The KDC's memory. Every method of its parts throws StoreError `store_unavailable` when the database cannot be used. */
export class Store {
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly invitations: Invitations
  readonly attempts: Attempts
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
    this.accounts = new Accounts(database)
    this.sessions = new Sessions(database)
    this.invitations = new Invitations(database)
    this.attempts = new Attempts(database)
  }

  /**
   * Makes the tables, if need be, and the store on top of them.
   *
   * @throws StoreError `store_newer`.
   */
  static async open(database: Database): Promise<Store> {
    await prepareSchema(database)
    return new Store(database)
  }

  /**
   * Frees the places of what is over.
   *
   * @param limit - how much of each at most, so that one call never takes long.
   * @returns how many sessions that were, and whether there may be more of anything.
   */
  async purge(moment: Moment, limit: number): Promise<{ sessions: number; more: boolean }> {
    const { sessions, more } = await this.sessions.purge(moment, limit)
    const others = [
      await this.invitations.purge(moment.now, limit),
      await this.attempts.purge(moment.now, limit),
    ]
    return { sessions, more: more || others.includes(true) }
  }

  /**
   * Writes what lasts, the accounts, to a new database file; see `Database.copyTo`.
   *
   * @returns false, having done nothing, when the database is a server, which has a tool of its own for backups.
   */
  async backUp(path: string): Promise<boolean> {
    if (!this.#database.copyTo) return false
    await this.#database.copyTo(path, PASSING)
    return true
  }

  /** The beginnings, of 5 bytes, of all sealed tokens that have not expired, each once: see at-rest.ts. */
  async sealPrefixes(now: number): Promise<Uint8Array[]> {
    const rows = await this.#database.read<{ prefix: Uint8Array }>(sql`
      select substr(sealed_token, 1, 5) as prefix from sessions where expires_at > ${now}
      union select substr(sealed_token, 1, 5) from invitations where expires_at > ${now}`)
    return rows.map(({ prefix }) => prefix)
  }

  /** Finishes the writes that were accepted, then closes the database. */
  close(): Promise<void> {
    return this.#database.close()
  }
}
