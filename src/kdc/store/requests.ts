/**
 * Which requests were answered: what one changes is done once, or refused once, however often it is sent, by its client, which did not
 * get the answer, or by an attacker who recorded it.
 *
 * A row is made in the transaction that does what is asked for, and is a condition of it: if there is one already, or something
 * does not allow the change, nothing of that transaction is done.
 *
 * What happens to groups has one order, a sequence for the whole KDC: every transaction that changes something of a group, an identity
 * or a key package begins by taking the next position. The row is one for all, so that these transactions come one after the other
 * on every database: each sees what those before it did, and a position is never seen before a lower one. Positions of changes
 * that were refused are left out.
 */
import { type Database, type Row, required, type Statement, sql } from '../../database/database.ts'
import { StorePart } from './store-part.ts'

/** The first statement of each such transaction; `(select position from positions)` is its position from then on. */
export const NEXT_POSITION: Statement = sql`update positions set position = position + 1`

/** Makes others wait until this transaction has ended, and takes no position. */
export const SAME_POSITION: Statement = sql`update positions set position = position`

/**
 * For a copy that may take the database's place one day: its positions are far beyond those which the database gives in the
 * meantime, so that a client that has read so far finds what comes afterwards.
 */
export const SKIP_POSITIONS: Statement = sql`update positions set position = position + 1000000000`

/** The position of the last change; that of the first is 1. */
export async function lastPosition(database: Database): Promise<number> {
  const [row] = await database.read<{ position: number }>(sql`select position from positions`)
  return row?.position ?? 0
}

/** What tells a request from every other. */
export interface RequestKey {
  readonly username: string
  /** 16 bytes, the same when it is sent again (docs/protocol.md §3.7); of the end of a login, what login-state.ts calls it. */
  readonly id: Uint8Array
  /** When it need not be known any more, Unix seconds. */
  readonly forgetAt: number
}

export interface Accepted {
  readonly position: number
  /** The number of its entry in its group, 0 where there is none. */
  readonly seq: number
}

/**
 * The condition of a change: that its request was not accepted before, and whatever else must hold.
 *
 * @param answer - two expressions, for what is answered: the position, or how many; and the number of the entry.
 * @param from - gives one row, of which the expressions are made, if the change is allowed.
 */
export const claim = (
  { username, id, forgetAt }: RequestKey,
  answer: Statement,
  from: Statement,
): Statement =>
  required(sql`
    insert into requests (username, id, forget_at, result, seq)
    select ${username}, ${id}, cast(${forgetAt} as bigint), ${answer} from ${from}
    on conflict do nothing returning result, seq`)

/** The first statements of a change that depends on nothing but that its principal has an account. */
export const beginChange = (key: RequestKey): Statement[] => [
  NEXT_POSITION,
  claim(key, sql`p.position, 0`, sql`positions p, accounts a where a.username = ${key.username}`),
]

/** What a claim has answered, from its rows. */
export function toAccepted(claimed: readonly Row[] | undefined): Accepted | undefined {
  const row = claimed?.[0]
  return row && { position: Number(row.result), seq: Number(row.seq) }
}

/** What was answered to a request, if it was: its position or how many, and the number of the entry; or the code of the problem. */
export async function answerTo(
  database: Database,
  { username, id }: Pick<RequestKey, 'username' | 'id'>,
): Promise<(Accepted & { readonly refusal: string | null }) | undefined> {
  const [row] = await database.read<Accepted & { readonly refusal: string | null }>(
    sql`select result as position, seq, refusal from requests where username = ${username} and id = ${id}`,
  )
  return row
}

export class Requests extends StorePart {
  async find(key: Pick<RequestKey, 'username' | 'id'>): ReturnType<typeof answerTo> {
    const answer = await answerTo(this.database, key)
    return answer && { ...answer }
  }

  /**
   * Remembers that a request was refused.
   *
   * @param code - of the problem.
   * @returns whether it was not answered before.
   */
  async refuse({ username, id, forgetAt }: RequestKey, code: string): Promise<boolean> {
    const added = await this.change(sql`
      insert into requests (username, id, forget_at, result, seq, refusal)
      select ${username}, ${id}, cast(${forgetAt} as bigint), 0, 0, ${code} from accounts where username = ${username}
      on conflict do nothing returning id`)
    return added === 1
  }

  /** Accepts a request that changes nothing here. @returns whether it did not come before. */
  async accept(key: RequestKey): Promise<boolean> {
    return (await this.change(claim(key, sql`0, 0`, sql`accounts where username = ${key.username}`))) > 0
  }

  /** Forgets what it may. @returns whether there may be more. */
  async purge(now: number, limit: number): Promise<boolean> {
    const deleted = await this.change(sql`
      delete from requests where (username, id) in (
        select username, id from requests where forget_at <= ${now} limit ${limit}) returning id`)
    return deleted === limit
  }
}
