/**
 * Who may log in.
 *
 * @module
 */
import { ProtocolError } from '../../lib/errors.ts'
import { type Database, sql } from './database.ts'

export interface Account {
  readonly username: string
  /** OPAQUE registration record, base64url. */
  readonly record: string
  readonly createdAt: number
}

interface AccountRow {
  readonly username: string
  readonly record: string
  readonly created_at: number
}

const toAccount = (row: AccountRow): Account => ({
  username: row.username,
  record: row.record,
  createdAt: row.created_at,
})

/** There is an account of that name. */
export const accountExists = (username: string) =>
  new ProtocolError('account_exists', `there is an account ${username} already`)

const accountUnknown = (username: string) =>
  new ProtocolError('account_unknown', `there is no account ${username}`)

/** The accounts. */
export class Accounts {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @throws ProtocolError `account_exists`. */
  async create({ username, record, createdAt }: Account): Promise<void> {
    const [created] = await this.#database.write([
      sql`insert into accounts (username, record, created_at) values (${username}, ${record}, ${createdAt})
        on conflict do nothing returning username`,
    ])
    if (!created?.length) throw accountExists(username)
  }

  /**
   * Replaces the registration record, that is: the password. The account's sessions end with the old one.
   *
   * @param options.keep - the session that goes on, because it set the new password.
   * @throws ProtocolError `account_unknown`.
   */
  async replaceRecord(
    username: string,
    record: string,
    options: { readonly keep?: Uint8Array } = {},
  ): Promise<void> {
    const keep = options.keep ?? NO_SESSION
    const [updated] = await this.#database.write([
      sql`update accounts set record = ${record} where username = ${username} returning username`,
      sql`delete from sessions where username = ${username} and sid <> ${keep}`,
    ])
    if (!updated?.length) throw accountUnknown(username)
  }

  /**
   * Deletes the account and its sessions.
   *
   * @throws ProtocolError `account_unknown`.
   */
  async delete(username: string): Promise<void> {
    const [deleted] = await this.#database.write([
      sql`delete from accounts where username = ${username} returning username`,
    ])
    if (!deleted?.length) throw accountUnknown(username)
  }

  async find(username: string): Promise<Account | undefined> {
    const [row] = await this.#database.read<AccountRow>(
      sql`select username, record, created_at from accounts where username = ${username}`,
    )
    return row && toAccount(row)
  }

  /** All accounts, by name. */
  async list(): Promise<Account[]> {
    const rows = await this.#database.read<AccountRow>(
      sql`select username, record, created_at from accounts order by username`,
    )
    return rows.map(toAccount)
  }
}

const NO_SESSION = new Uint8Array(0)
