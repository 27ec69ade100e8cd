/**
 * How often something was tried: counted here, so that many nodes do not give many times the tries.
 *
 * Each name has a bucket of tries, which fills up again, one in every interval. What is stored is the time at which it will
 * be full (the generic cell rate algorithm, ITU-T I.371): a name that is not stored has a full one.
 */
import { type Statement, sql } from '../../database/database.ts'
import { StorePart } from './store-part.ts'

export interface Allowance {
  readonly name: string
  /** How many tries a full bucket has. */
  readonly burst: number
  /** Seconds in which one try comes back. */
  readonly intervalSec: number
  /** How many tries are taken at once; one, if nothing is said. */
  readonly cost?: number
}

/** The latest that a bucket may be full again, and still have a try in it. */
const latest = ({ burst, intervalSec, cost = 1 }: Allowance, now: number) =>
  now + (burst - cost) * intervalSec

/** What taking it adds to the time at which the bucket is full. */
const price = ({ intervalSec, cost = 1 }: Allowance) => cost * intervalSec

/** What a right password undoes: all the tries of some names, and one of others; and what it makes familiar. */
export interface Forgiveness {
  readonly names: readonly string[]
  readonly oneOf: readonly Allowance[]
  readonly familiar: string
  /** Until then. */
  readonly forgetAt: number
}

/** The statements of a forgiveness, for a transaction on condition that the password was shown, and not before: see requests.ts. */
export function forgiveStatements({ names, oneOf, familiar, forgetAt }: Forgiveness): Statement[] {
  return [
    sql`insert into familiar (name, forget_at) values (${familiar}, ${forgetAt})
      on conflict (name) do update set forget_at = excluded.forget_at`,
    ...names.map((name) => sql`delete from attempts where name = ${name}`),
    ...oneOf.map(
      ({ name, intervalSec }) =>
        sql`update attempts set full_at = full_at - ${intervalSec} where name = ${name}`,
    ),
  ]
}

export class Attempts extends StorePart {
  /**
   * Takes its cost from every bucket; from none, if one of them is empty. Being refused costs nothing: a client that waits gets in.
   *
   * @returns the seconds to wait, one at least, or 0 when the try is granted.
   */
  async take(allowances: readonly Allowance[], now: number): Promise<number> {
    const wait = await this.#longestWait(allowances, now)
    if (wait > 0) return wait
    // Between the look and the take others have had their tries: each statement judges again.
    const taken = await this.database.write(
      allowances.map(
        (allowance) => sql`
        insert into attempts (name, full_at) values (${allowance.name}, ${now + price(allowance)})
        on conflict (name) do update set
          full_at = ${price(allowance)} + case when attempts.full_at > ${now} then attempts.full_at else ${now} end
          where attempts.full_at <= ${latest(allowance, now)}
        returning name`,
      ),
    )
    if (taken.every((rows) => rows.length === 1)) return 0
    await this.giveBack(allowances.filter((_, i) => taken[i]?.length === 1))
    return Math.max(1, await this.#longestWait(allowances, now))
  }

  async giveBack(allowances: readonly Allowance[]): Promise<void> {
    await this.database.write(
      allowances.map(
        (allowance) =>
          sql`update attempts set full_at = full_at - ${price(allowance)} where name = ${allowance.name}`,
      ),
    )
  }

  /** Whether a right password has made this familiar, and it was not forgotten since. */
  async isFamiliar(name: string, now: number): Promise<boolean> {
    return this.gives(sql`select 1 as one from familiar where name = ${name} and forget_at > ${now}`)
  }

  /** Frees the places of buckets that are full, and of what is familiar no more. @returns whether there may be more. */
  async purge(now: number, limit: number): Promise<boolean> {
    const deleted = await this.database.write([
      sql`delete from attempts where name in (select name from attempts where full_at <= ${now} limit ${limit})
        returning name`,
      sql`delete from familiar where name in (select name from familiar where forget_at <= ${now} limit ${limit})
        returning name`,
    ])
    return deleted.some((rows) => rows.length === limit)
  }

  async #longestWait(allowances: readonly Allowance[], now: number): Promise<number> {
    return Math.max(...(await Promise.all(allowances.map((allowance) => this.#wait(allowance, now)))))
  }

  async #wait(allowance: Allowance, now: number): Promise<number> {
    const { name, burst, intervalSec } = allowance
    const row = await this.one<{ full_at: number }>(sql`select full_at from attempts where name = ${name}`)
    if (!row) return 0
    // Empty, it is full again after so long. Whatever says more was written before the clock was set back.
    const fullAt = Math.min(row.full_at, now + burst * intervalSec)
    if (fullAt < row.full_at) {
      await this.change(
        sql`update attempts set full_at = ${fullAt} where name = ${name} and full_at > ${fullAt}`,
      )
    }
    return Math.max(0, fullAt - latest(allowance, now))
  }
}
