/**
 * Everything the KDC remembers. All of it is in the database, nothing in the process, so that several processes can serve
 * one realm. Times are Unix seconds and come from the caller.
 */
import { type Database, type Statement, sql } from '../../database/database.ts'
import { Accounts, Invitations } from './accounts.ts'
import { Attempts } from './attempts.ts'
import { Files } from './files.ts'
import { GroupChanges } from './group-changes.ts'
import { Groups } from './groups.ts'
import { Identities, KeyPackages } from './identities.ts'
import { Mailbox } from './mailbox.ts'
import { Requests, SKIP_POSITIONS } from './requests.ts'
import { Retention } from './retention.ts'
import { prepareSchema } from './schema.ts'
import { Online, type PurgeCutoff, Sessions } from './sessions.ts'
import { StorePart } from './store-part.ts'

export interface Purged {
  readonly sessions: number
  readonly entries: number
  readonly files: number
  readonly more: boolean
}

/**
 * What logs an account in, ends soon by itself, or must not be given again: backups are without it. One-time packages may have been
 * given away between a backup and its return.
 */
const PASSING: readonly Statement[] = [
  sql`delete from sessions`,
  sql`delete from invitations`,
  sql`delete from attempts`,
  sql`delete from familiar`,
  sql`delete from waiting`,
  sql`delete from key_packages where last_resort = 0`,
  SKIP_POSITIONS,
]

/** The KDC's memory. Every method of its parts throws StoreError `store_unavailable` when the database cannot be used. */
export class Store extends StorePart {
  readonly accounts = new Accounts(this.database)
  readonly sessions = new Sessions(this.database)
  readonly invitations = new Invitations(this.database)
  readonly attempts = new Attempts(this.database)
  readonly requests = new Requests(this.database)
  readonly identities = new Identities(this.database)
  readonly keyPackages = new KeyPackages(this.database)
  readonly groups = new Groups(this.database)
  readonly groupChanges = new GroupChanges(this.database)
  readonly mailbox = new Mailbox(this.database)
  readonly files = new Files(this.database)
  readonly retention = new Retention(this.database)
  readonly online = new Online(this.database)

  /** Makes the tables, if need be, and the store on top of them. @throws StoreError `store_newer`. */
  static async open(database: Database): Promise<Store> {
    await prepareSchema(database)
    return new Store(database)
  }

  /**
   * Frees the places of what is over.
   *
   * @param limit - how much of each at most, so that one call never takes long.
   */
  async purge(cutoff: PurgeCutoff, limit: number): Promise<Purged> {
    const { now, keepSince } = cutoff
    await this.online.purge(now)
    const { sessions, ...ofSessions } = await this.sessions.purge(cutoff, limit)
    const { entries, ...ofEntries } = await this.retention.purge(keepSince, limit)
    const { files, ...ofFiles } = await this.files.purge(keepSince, limit)
    const more = [
      ofSessions.more,
      ofEntries.more,
      ofFiles.more,
      await this.invitations.purge(now, limit),
      await this.attempts.purge(now, limit),
      await this.requests.purge(now, limit),
      await this.keyPackages.purge(now, limit),
    ]
    await this.retention.purgeEnded()
    return { sessions, entries, files, more: more.includes(true) }
  }

  /**
   * Writes what lasts, accounts, identities, groups and what waits in them, to a new database file; see `Database.copyTo`.
   *
   * @returns false, having done nothing, when the database is a server, which has a tool of its own for backups.
   */
  async backUp(path: string): Promise<boolean> {
    if (!this.database.copyTo) return false
    await this.database.copyTo(path, PASSING)
    return true
  }

  /** The beginnings, of 5 bytes, of all sealed tokens that have not expired, each once: see at-rest.ts. */
  async sealPrefixes(now: number): Promise<Uint8Array[]> {
    const rows = await this.database.read<{ prefix: Uint8Array }>(sql`
      select substr(sealed_token, 1, 5) as prefix from sessions where expires_at > ${now}
      union select substr(sealed_token, 1, 5) from invitations where expires_at > ${now}`)
    return rows.map(({ prefix }) => prefix)
  }

  close(): Promise<void> {
    return this.database.close()
  }
}
