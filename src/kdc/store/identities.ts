/**
 * What the KDC says as authentication service (RFC 9750 §4): whose signature key is whose; and with what a principal who is away is added
 * to a group (RFC 9420 §10): one-time packages, each given to one who asks, and a last resort, which is given when there are none
 * left (RFC 9420 §16.8).
 */
import { createHash } from 'node:crypto'
import { type Statement, sql } from '../../database/database.ts'
import { beginChange, claim, NEXT_POSITION, type RequestKey } from './requests.ts'
import { StorePart } from './store-part.ts'

/** A principal's key, by which others know its messages. */
export interface Identity {
  readonly username: string
  /** Ed25519, 32 bytes. */
  readonly signatureKey: Uint8Array
  readonly since: number
  /** The keys that were in its place before, the newest first. */
  readonly earlier: readonly Uint8Array[]
}

/**
 * How many earlier keys of a principal are known. What others have still to read may be older than a key: a member who was away finds
 * in groups the keys of that time.
 */
export const MAX_EARLIER = 32

export class Identities extends StorePart {
  /**
   * Puts a principal's key in the place of the one before, whose key packages are dropped. The same key again changes nothing.
   *
   * @returns false when this request was accepted before, or there is no such account.
   */
  async put(request: RequestKey, signatureKey: Uint8Array, now: number): Promise<boolean> {
    const { username } = request
    // A recorded request that is sent again must not bring an old key back.
    const done = await this.database.write([
      ...beginChange(request),
      sql`insert into earlier_identities (username, signature_key, position)
        select i.username, i.signature_key, p.position from identities i, positions p
        where i.username = ${username} and i.signature_key <> ${signatureKey}
        on conflict (username, signature_key) do update set position = excluded.position`,
      sql`insert into identities (username, signature_key, since) values (${username}, ${signatureKey}, ${now})
        on conflict (username) do update set signature_key = excluded.signature_key, since = excluded.since
          where identities.signature_key <> excluded.signature_key`,
      sql`delete from earlier_identities where username = ${username} and position not in (
          select position from earlier_identities where username = ${username} and signature_key <> ${signatureKey}
          order by position desc limit ${MAX_EARLIER}
        )`,
      sql`delete from key_packages where username = ${username} and signature_key <> ${signatureKey}`,
    ])
    return done.length > 0
  }

  async find(username: string): Promise<Identity | undefined> {
    const current = await this.one<Omit<Identity, 'earlier'>>(
      sql`select username, signature_key as "signatureKey", since from identities where username = ${username}`,
    )
    if (!current) return undefined
    const earlier = await this.database.read<{ key: Uint8Array }>(
      sql`select signature_key as key from earlier_identities where username = ${username} order by position desc`,
    )
    return { ...current, earlier: earlier.map(({ key }) => key) }
  }
}

export interface PutPackages {
  readonly packages: readonly Uint8Array[]
  /** Replaces the one before. */
  readonly lastResort?: Uint8Array | undefined
  /** The identity that they are for; whichever there is, when nothing is said. */
  readonly signatureKey?: Uint8Array | undefined
  /** How many one-time packages there may be at once. */
  readonly limit: number
  readonly now: number
}

const ID_BYTES = 16
/** Clients make packages that are good for 90 days, from a day before on (docs/protocol.md §7.5). */
export const KEEP_SEC = 88 * 24 * 60 * 60
const ANY = new Uint8Array(0)

/** Names a package: the same bytes are the same package, and are given once. */
const idOf = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest().subarray(0, ID_BYTES))

export class KeyPackages extends StorePart {
  /**
   * Stores packages: all of them or none.
   *
   * @returns false when this request was accepted before, the identity is not that one (any more), or they are too many.
   */
  async put(
    request: RequestKey,
    { packages, lastResort, signatureKey, limit, now }: PutPackages,
  ): Promise<boolean> {
    const { username } = request
    const key = signatureKey ?? ANY
    const done = await this.database.write([
      NEXT_POSITION,
      claim(
        request,
        sql`p.position, 0`,
        sql`positions p, identities i where i.username = ${username}
          and (i.signature_key = ${key} or length(${key}) = 0)
          and cast(${packages.length} as bigint) + (
            select count(*) from key_packages where username = ${username} and last_resort = 0
          ) <= ${limit}`,
      ),
      ...(lastResort
        ? [
            sql`delete from key_packages where username = ${username} and last_resort = 1`,
            insertStatement(username, lastResort, { lastResort: 1, nr: 0, now }),
          ]
        : []),
      ...packages.map((bytes, nr) => insertStatement(username, bytes, { lastResort: 0, nr, now })),
    ])
    return done.length > 0
  }

  async count(username: string): Promise<number> {
    return this.countOf(
      sql`select count(*) as count from key_packages where username = ${username} and last_resort = 0`,
    )
  }

  /**
   * Takes a package of each: the oldest one-time package, which is given once, or else the last resort.
   *
   * @param usernames - each once.
   * @returns the packages of those who have any; nothing when this request was accepted before.
   */
  async take(
    request: RequestKey,
    usernames: readonly string[],
  ): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
    const before = beginChange(request)
    const done = await this.database.write([
      ...before,
      ...usernames.map(
        (name) => sql`
          delete from key_packages where username = ${name} and last_resort = 0 and nr = (
            select min(nr) from key_packages where username = ${name} and last_resort = 0
          ) returning package`,
      ),
    ])
    if (done.length === 0) return undefined
    const taken = done.slice(before.length)
    const packages = new Map<string, Uint8Array>()
    for (const [i, name] of usernames.entries()) {
      const bytes = (taken[i]?.[0]?.package as Uint8Array | undefined) ?? (await this.#lastResort(name))
      if (bytes) packages.set(name, bytes)
    }
    return packages
  }

  /**
   * Drops one-time packages that have expired, or are about to: a principal who took one would have asked in vain.
   *
   * @returns whether there may be more.
   */
  async purge(now: number, limit: number): Promise<boolean> {
    const gone = await this.change(sql`
      delete from key_packages where (username, id) in (
        select username, id from key_packages where last_resort = 0 and put_at <= ${now - KEEP_SEC} limit ${limit}
      ) returning nr`)
    return gone === limit
  }

  async #lastResort(username: string): Promise<Uint8Array | undefined> {
    const row = await this.one<{ package: Uint8Array }>(
      sql`select package from key_packages where username = ${username} and last_resort = 1`,
    )
    return row?.package
  }
}

// nr: unique for a principal, for no two requests have one position; and of one request's at most a thousand.
const insertStatement = (
  username: string,
  bytes: Uint8Array,
  { lastResort, nr, now }: { readonly lastResort: number; readonly nr: number; readonly now: number },
): Statement => sql`
  insert into key_packages (username, id, signature_key, last_resort, nr, package, put_at)
  select i.username, ${idOf(bytes)}, i.signature_key, cast(${lastResort} as bigint),
    p.position * 1000 + cast(${nr} as bigint), ${bytes}, cast(${now} as bigint)
  from identities i, positions p where i.username = ${username}
  on conflict do nothing`
