/**
 * Whose signature key is whose: what the KDC says as authentication service (RFC 9750 §4).
 *
 * @module
 */
import { type Database, sql } from '../../database/database.ts'
import { NEXT_POSITION } from './positions.ts'
import { claimStatement, type RequestKey } from './requests.ts'

/** A principal's key, by which others know its messages. */
export interface Identity {
  readonly username: string
  /** Ed25519, 32 bytes. */
  readonly signatureKey: Uint8Array
  /** When it was put there, Unix seconds. */
  readonly since: number
}

interface IdentityRow {
  readonly username: string
  readonly signature_key: Uint8Array
  readonly since: number
}

/** The identities. */
export class Identities {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Puts a principal's key in the place of the one before, whose key packages are dropped. The same key again changes nothing.
   *
   * @returns false when this request was accepted before, or there is no such account.
   */
  async put(request: RequestKey, signatureKey: Uint8Array, now: number): Promise<boolean> {
    const { username, id } = request
    const [, claimed] = await this.#database.write([
      NEXT_POSITION,
      claimStatement(request),
      // A recorded request that is sent again must not bring an old key back.
      sql`insert into identities (username, signature_key, since)
        select r.username, ${signatureKey}, ${now} from requests r, positions p
        where r.username = ${username} and r.id = ${id} and r.position = p.position
        on conflict (username) do update set signature_key = excluded.signature_key, since = excluded.since
          where identities.signature_key <> excluded.signature_key`,
      sql`delete from key_packages where username = ${username}
        and signature_key <> (select signature_key from identities where username = ${username})`,
    ])
    return claimed?.length === 1
  }

  /** The identity of this principal, if it has one. */
  async find(username: string): Promise<Identity | undefined> {
    const [row] = await this.#database.read<IdentityRow>(
      sql`select username, signature_key, since from identities where username = ${username}`,
    )
    return row && { username: row.username, signatureKey: row.signature_key, since: row.since }
  }
}
