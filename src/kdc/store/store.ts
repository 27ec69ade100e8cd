/**
 * Everything the KDC remembers: accounts and sessions. All of it is in the database, nothing in the process, so that
 * several processes can serve one realm.
 *
 * Times are Unix seconds and come from the caller. A session that has expired is never acted on; `purgeExpired` only
 * frees its place.
 *
 * @module
 */
import { ProtocolError } from '../../lib/errors.ts'
import { type Database, type Statement, sql } from './database.ts'
import { prepareSchema } from './schema.ts'

export interface Account {
  readonly username: string
  /** OPAQUE registration record, base64url. */
  readonly record: string
  readonly createdAt: number
}

/** Where a session accepts channels. */
export interface Endpoint {
  /** IPv4 or IPv6, as the KDC saw it. */
  readonly address: string
  readonly port: number
}

export interface StoredSession {
  /** 16 bytes, `sessionId(token)`. */
  readonly sid: Uint8Array
  readonly username: string
  /** See stored-token.ts. */
  readonly sealedToken: Uint8Array
  readonly expiresAt: number
}

/** What may be known of a session that begins. */
export interface NewSession {
  readonly endpoint?: Endpoint | undefined
  readonly loginId?: Uint8Array | undefined
  /** Unix seconds. */
  readonly now?: number
}

/** A session that listens. */
export interface ListeningSession extends StoredSession {
  readonly endpoint: Endpoint
}

interface AccountRow {
  readonly username: string
  readonly record: string
  readonly created_at: number
}

interface SessionRow {
  readonly sid: Uint8Array
  readonly username: string
  readonly sealed_token: Uint8Array
  readonly expires_at: number
}

interface ListenerRow extends SessionRow {
  readonly listen_address: string
  readonly listen_port: number
}

const toAccount = (row: AccountRow): Account => ({
  username: row.username,
  record: row.record,
  createdAt: row.created_at,
})

const toSession = (row: SessionRow): StoredSession => ({
  sid: row.sid,
  username: row.username,
  sealedToken: row.sealed_token,
  expiresAt: row.expires_at,
})

const accountUnknown = (username: string) =>
  new ProtocolError('account_unknown', `there is no account ${username}`)

/** Stands for the time of what came without a seal: it cannot be told from what was said later, and is heeded. */
const UNSEALED = -1
/** How long a finished login is remembered: much longer than it could be finished. */
const REMEMBER_SEC = 900
const NO_ID = new Uint8Array(0)

// In the same transaction as its session, and after it: `where not exists` there asks for what was finished before.
const finishedStatement = (id: Uint8Array, forgetAt: number): Statement =>
  sql`insert into finished_logins (id, forget_at) values (${id}, ${forgetAt}) on conflict do nothing`

// Of a principal's sessions the one with the highest listen_order said last where it listens. Counting beats the clock:
// two logins in one second have an order too. Where it listens already, its place in the order stays.
//
// A sealed request has a time. One that comes late, because somebody held it back or sends it again, must not undo what any
// session of the principal has said since: then it changes nothing.
const listenStatements = (sid: Uint8Array, endpoint: Endpoint, time: number): Statement[] => {
  const { address, port } = endpoint
  return [
    sql`
  update sessions set
    listen_address = ${address},
    listen_port = ${port},
    listen_time = case when ${time} < 0 then listen_time else ${time} end,
    listen_order = (
      select coalesce(max(s.listen_order), 0) + 1 from sessions s where s.username = sessions.username
    )
  where sid = ${sid} and (
    listen_order is null or listen_address <> ${address} or listen_port <> ${port}
  ) and (${time} < 0 or not exists (
    select 1 from sessions s where s.username = sessions.username and s.listen_time >= ${time}
  ))
  returning sid`,
    sql`
  update sessions set listen_time = ${time}
  where sid = ${sid} and listen_time < ${time} and listen_address = ${address} and listen_port = ${port}`,
  ]
}

/** The KDC's memory. Every method throws StoreError `store_unavailable` when the database cannot be used. */
export class Store {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
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

  /** @throws ProtocolError `account_exists`. */
  async createAccount({ username, record, createdAt }: Account): Promise<void> {
    const created = await this.#writeOne(sql`
      insert into accounts (username, record, created_at) values (${username}, ${record}, ${createdAt})
      on conflict do nothing returning username`)
    if (created === 0) throw new ProtocolError('account_exists', `there is an account ${username} already`)
  }

  /**
   * Replaces the registration record, that is: the password. The account's sessions end with the old one.
   *
   * @throws ProtocolError `account_unknown`.
   */
  async replaceRecord(username: string, record: string): Promise<void> {
    const [updated] = await this.#database.write([
      sql`update accounts set record = ${record} where username = ${username} returning username`,
      sql`delete from sessions where username = ${username}`,
    ])
    if (!updated?.length) throw accountUnknown(username)
  }

  /**
   * Deletes the account and its sessions.
   *
   * @throws ProtocolError `account_unknown`.
   */
  async deleteAccount(username: string): Promise<void> {
    const deleted = await this.#writeOne(
      sql`delete from accounts where username = ${username} returning username`,
    )
    if (deleted === 0) throw accountUnknown(username)
  }

  async findAccount(username: string): Promise<Account | undefined> {
    const [row] = await this.#database.read<AccountRow>(
      sql`select username, record, created_at from accounts where username = ${username}`,
    )
    return row && toAccount(row)
  }

  /** All accounts, by name. */
  async listAccounts(): Promise<Account[]> {
    const rows = await this.#database.read<AccountRow>(
      sql`select username, record, created_at from accounts order by username`,
    )
    return rows.map(toAccount)
  }

  /**
   * Begins a session, unless the account was deleted or its password changed since the caller read `record`: who knew
   * the old password while it was being replaced must not come in by it.
   *
   * @param options.endpoint - where the session listens, if it does.
   * @param options.loginId - the login that this finishes; the second time there is no session.
   * @returns whether it was begun.
   */
  async createSession(session: StoredSession, record: string, options: NewSession = {}): Promise<boolean> {
    const { sid, username, sealedToken, expiresAt } = session
    const { endpoint, loginId } = options
    const statements = [
      sql`insert into sessions (sid, username, sealed_token, expires_at)
        select ${sid}, username, ${sealedToken}, ${expiresAt} from accounts
        where username = ${username} and record = ${record}
          and not exists (select 1 from finished_logins where id = ${loginId ?? NO_ID})
        on conflict do nothing returning sid`,
    ]
    if (endpoint) statements.push(...listenStatements(sid, endpoint, UNSEALED))
    if (loginId) statements.push(finishedStatement(loginId, (options.now ?? 0) + REMEMBER_SEC))
    const [inserted] = await this.#database.write(statements)
    return inserted?.length === 1
  }

  /** The session of this id, be it expired or not. */
  async findSession(sid: Uint8Array): Promise<StoredSession | undefined> {
    const [row] = await this.#database.read<SessionRow>(
      sql`select sid, username, sealed_token, expires_at from sessions where sid = ${sid}`,
    )
    return row && toSession(row)
  }

  /**
   * The session listens here from now on, and is the one its principal is reached at. Saying the same again changes
   * nothing: a heartbeat takes nobody's place.
   *
   * @param time - when it was said, Unix seconds, if it was said under seal: what is older than the newest of this
   *   principal's is not heeded.
   * @returns whether it is news.
   */
  async listen(sid: Uint8Array, endpoint: Endpoint, time?: number): Promise<boolean> {
    const [rows] = await this.#database.write(listenStatements(sid, endpoint, time ?? UNSEALED))
    return rows?.length === 1
  }

  /** The session at which a principal is reached: of those unexpired, the one that last said where it listens. */
  async findListener(username: string, now: number): Promise<ListeningSession | undefined> {
    const [row] = await this.#database.read<ListenerRow>(sql`
      select sid, username, sealed_token, expires_at, listen_address, listen_port from sessions
      where username = ${username} and listen_order is not null and expires_at > ${now}
      order by listen_order desc, sid desc limit 1`)
    return row && { ...toSession(row), endpoint: { address: row.listen_address, port: row.listen_port } }
  }

  /** The session is over; its token is worth nothing from now on. */
  async endSession(sid: Uint8Array): Promise<void> {
    await this.#database.write([sql`delete from sessions where sid = ${sid}`])
  }

  /**
   * Frees the places of sessions that have expired, and of what needs no longer be remembered.
   *
   * @param limit - how many of each at most, so that one call never takes long.
   * @returns how many sessions, and whether there may be more of either.
   */
  async purgeExpired(now: number, limit: number): Promise<{ sessions: number; more: boolean }> {
    const [sessions = [], logins = []] = await this.#database.write([
      sql`delete from sessions where sid in (select sid from sessions where expires_at <= ${now} limit ${limit})
        returning sid`,
      sql`delete from finished_logins where id in (select id from finished_logins where forget_at <= ${now} limit ${limit})
        returning id`,
    ])
    return { sessions: sessions.length, more: sessions.length === limit || logins.length === limit }
  }

  /** Finishes the writes that were accepted, then closes the database. */
  close(): Promise<void> {
    return this.#database.close()
  }

  /** @returns how many rows the statement returned. */
  async #writeOne(statement: Statement): Promise<number> {
    const [rows] = await this.#database.write([statement])
    return rows?.length ?? 0
  }
}
