/**
 * Whose signature key is whose: what the KDC says as authentication service (RFC 9750 §4).
 *
 * @module
 */
import { sql } from '../../database/database.ts'
import { beginChange, type RequestKey } from './requests.ts'
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
