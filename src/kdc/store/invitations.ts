/**
 * Who may make an account.
 *
 * @module
 */
import { sql } from '../../database/database.ts'
import type { Account } from './accounts.ts'
import { StorePart, withoutNulls } from './store-part.ts'

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
