/**
 * Which requests were accepted: each is done once, however often it is sent, by its client, which did not get the answer, or
 * by somebody who recorded it.
 *
 * A row is made in the transaction that does what is asked for, as its second statement, and only if everything allows it.
 * What follows in that transaction looks for the row, with the transaction's own position.
 *
 * @module
 */
import { type Database, type Statement, sql } from '../../database/database.ts'
import { NEXT_POSITION } from './positions.ts'

/** What tells a request from every other. */
export interface RequestKey {
  readonly username: string
  /** 16 bytes. */
  readonly id: Uint8Array
  /** When it need not be known any more, Unix seconds. */
  readonly forgetAt: number
}

/** What was answered. */
export interface Accepted {
  readonly position: number
  /** The number of its entry in its group, 0 where there is none. */
  readonly seq: number
}

/** The second statement of a transaction that depends on nothing but that it was not done before. */
export const claimStatement = ({ username, id, forgetAt }: RequestKey): Statement => sql`
  insert into requests (username, id, position, seq, forget_at)
  select a.username, ${id}, p.position, 0, ${forgetAt} from positions p, accounts a
  where a.username = ${username} on conflict do nothing returning position, seq`

/** The requests that were accepted. */
export class Requests {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** What was answered to a request, if it was accepted. */
  async find({ username, id }: RequestKey): Promise<Accepted | undefined> {
    const [row] = await this.#database.read<{ position: number; seq: number }>(
      sql`select position, seq from requests where username = ${username} and id = ${id}`,
    )
    return row && { position: row.position, seq: row.seq }
  }

  /**
   * Does what depends on nothing but that it was not done before: for a request whose answer cannot be given again.
   *
   * @returns false when it was.
   */
  async claim(key: RequestKey): Promise<boolean> {
    const [, claimed] = await this.#database.write([NEXT_POSITION, claimStatement(key)])
    return claimed?.length === 1
  }

  /** Forgets what it may. @returns whether there may be more. */
  async purge(now: number, limit: number): Promise<boolean> {
    const [deleted] = await this.#database.write([
      sql`delete from requests where (username, id) in (
        select username, id from requests where forget_at <= ${now} limit ${limit}) returning id`,
    ])
    return deleted?.length === limit
  }
}
