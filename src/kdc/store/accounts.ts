/** Who may log in, and who may make an account. */
import { required, sql } from '../../database/database.ts'
import { ProtocolError } from '../../lib/errors.ts'
import { type Forgiveness, forgiveStatements } from './attempts.ts'
import { answerTo, claim, NEXT_POSITION, type RequestKey } from './requests.ts'
import { StorePart, withoutNulls } from './store-part.ts'

export interface Account {
  readonly username: string
  /** OPAQUE registration record, base64url. */
  readonly record: string
  readonly createdAt: number
}

const ACCOUNTS = sql`select username, record, created_at as "createdAt" from accounts`

/** Beyond every position. */
const NOTHING = Number.MAX_SAFE_INTEGER

export const accountExists = (username: string) =>
  new ProtocolError('account_exists', `there is an account ${username} already`)

const accountUnknown = (username: string) =>
  new ProtocolError('account_unknown', `there is no account ${username}`)

export class Accounts extends StorePart {
  async add({ username, record, createdAt }: Account): Promise<boolean> {
    const created = await this.change(sql`
      insert into accounts (username, record, created_at) values (${username}, ${record}, ${createdAt})
      on conflict do nothing returning username`)
    return created === 1
  }

  /** @throws ProtocolError `account_exists`. */
  async create(account: Account): Promise<void> {
    if (await this.add(account)) return
    throw accountExists(account.username)
  }

  /**
   * Replaces the registration record, that is: the password. The account's sessions end with the old one.
   *
   * @throws ProtocolError `account_unknown`.
   */
  async replaceRecord(username: string, record: string): Promise<void> {
    const done = await this.database.write([
      required(sql`update accounts set record = ${record} where username = ${username} returning username`),
      sql`delete from sessions where username = ${username}`,
    ])
    if (done.length === 0) throw accountUnknown(username)
  }

  /**
   * The same, by a request of one of the account's sessions, which goes on.
   *
   * @returns nothing when that session was ended in the meantime, by another that did this, perhaps.
   */
  async replaceRecordBy(
    request: RequestKey,
    sid: Uint8Array,
    record: string,
    forgive: Forgiveness,
  ): Promise<'changed' | 'repeated' | undefined> {
    const { username } = request
    const done = await this.database.write([
      claim(request, sql`0, 0`, sql`sessions where sid = ${sid} and username = ${username}`),
      sql`update accounts set record = ${record} where username = ${username}`,
      sql`delete from sessions where username = ${username} and sid <> ${sid}`,
      ...forgiveStatements(forgive),
    ])
    if (done.length > 0) return 'changed'
    return (await answerTo(this.database, request)) && 'repeated'
  }

  /**
   * Deletes the account, its sessions, its identity, its part in groups, and the invitation there may be for its name. Its leaf stays in their trees until one of the
   * others removes it; a group whose admin it was has none from now on.
   *
   * The owner of a later account of that name sees nothing of what this one could see.
   *
   * @throws ProtocolError `account_unknown`.
   */
  async delete(username: string): Promise<void> {
    const done = await this.database.write([
      required(sql`select username from accounts where username = ${username}`),
      NEXT_POSITION,
      sql`update mls_groups set roster = (select position from positions), pair = null,
          admin = case when admin = ${username} then null else admin end
        where id in (select group_id from members where username = ${username} and last is null)`,
      sql`update mls_groups set creator = null where creator = ${username}`,
      sql`update mls_groups set info_by = null where info_by = ${username}`,
      // What is not whole is of no use to the others: purged, as what is from before every time.
      sql`update files set sender = null, begun_at = case when missing > 0 then 0 else begun_at end
        where sender = ${username}`,
      sql`delete from members where username = ${username} and in_tree = 0`,
      // From after the end: nothing at all.
      sql`update members set last = coalesce(last, (select position from positions)), first = ${NOTHING}
        where username = ${username}`,
      sql`delete from accounts where username = ${username}`,
      sql`delete from invitations where username = ${username}`,
    ])
    if (done.length === 0) throw accountUnknown(username)
  }

  find(username: string): Promise<Account | undefined> {
    return this.one(sql`${ACCOUNTS} where username = ${username}`)
  }

  /** @throws ProtocolError `account_unknown`. */
  async require(username: string): Promise<Account> {
    const account = await this.find(username)
    if (!account) throw accountUnknown(username)
    return account
  }

  async list(): Promise<Account[]> {
    const accounts = await this.database.read<Account>(sql`${ACCOUNTS} order by username`)
    return accounts.map((account) => ({ ...account }))
  }
}

export interface Invitation {
  /** 16 bytes, `sessionId` of the token that the invitation stands for. */
  readonly id: Uint8Array
  /** Whom it is for; good for any name when there is none. */
  readonly username?: string | undefined
  /** See at-rest.ts. */
  readonly sealedToken: Uint8Array
  readonly expiresAt: number
  readonly usedBy?: string
}

const INVITATIONS = sql`select id, username, sealed_token as "sealedToken", expires_at as "expiresAt",
  used_by as "usedBy" from invitations`

export class Invitations extends StorePart {
  /** Adds all of them, or none. An earlier one for the same name is worth nothing from now on. */
  async add(invitations: readonly Invitation[]): Promise<void> {
    await this.database.write(
      invitations.flatMap(({ id, username = null, sealedToken, expiresAt }) => [
        sql`delete from invitations where username = ${username}`,
        sql`insert into invitations (id, username, sealed_token, expires_at)
          values (${id}, ${username}, ${sealedToken}, ${expiresAt})`,
      ]),
    )
  }

  /** The invitation of this id, be it used or expired or not. */
  async find(id: Uint8Array): Promise<Invitation | undefined> {
    const row = await this.one(sql`${INVITATIONS} where id = ${id}`)
    return row && withoutNulls(row)
  }

  /** Those that may still be used: by name, those for any name first. */
  async list(now: number): Promise<Invitation[]> {
    const rows = await this.database.read(sql`${INVITATIONS}
      where expires_at > ${now} and used_by is null order by coalesce(username, ''), expires_at, id`)
    return rows.map((row) => withoutNulls(row))
  }

  /**
   * Makes an account with an invitation, which is used then; both or neither.
   *
   * @returns false when the invitation was used, withdrawn or expired in the meantime, or there is such an account already.
   */
  async accept(id: Uint8Array, { username, record, createdAt }: Account): Promise<boolean> {
    const [created] = await this.database.write([
      sql`insert into accounts (username, record, created_at)
        select ${username}, ${record}, ${createdAt} from invitations
        where id = ${id} and used_by is null and expires_at > ${createdAt}
          and (username is null or username = ${username})
        on conflict do nothing returning username`,
      sql`update invitations set used_by = ${username} where id = ${id} and used_by is null
        and exists (select 1 from accounts where username = ${username} and record = ${record})`,
    ])
    return created?.length === 1
  }

  /** Withdraws the invitations for these names, in one transaction. @returns how many there were. */
  async withdraw(usernames: readonly string[]): Promise<number> {
    const deleted = await this.database.write(
      usernames.map(
        (username) =>
          sql`delete from invitations where username = ${username} and used_by is null returning id`,
      ),
    )
    return deleted.flat().length
  }

  async withdrawAll(now: number): Promise<number> {
    return this.change(
      sql`delete from invitations where used_by is null and expires_at > ${now} returning id`,
    )
  }

  /** Frees the places of those that have expired. @returns whether there may be more. */
  async purge(now: number, limit: number): Promise<boolean> {
    const deleted = await this.change(sql`
      delete from invitations where id in (select id from invitations where expires_at <= ${now} limit ${limit})
      returning id`)
    return deleted === limit
  }
}
