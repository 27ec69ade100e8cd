/**
 * How long entries and groups are kept: until all members who may see them have acknowledged them, or for as long as the KDC keeps
 * anything.
 */
import { sql } from '../../database/database.ts'
import { SAME_POSITION } from './requests.ts'
import { StorePart } from './store-part.ts'

/** What is stored of a group: sizes and counts. */
export interface StoredGroup {
  readonly id: Uint8Array
  readonly name: string | null
  readonly kind: string
  readonly members: number
  readonly entries: number
  readonly bytes: number
  /** When the oldest entry came, Unix seconds; null where there is none. */
  readonly oldest: number | null
  /** Those that have still to come whole included. */
  readonly files: number
  readonly fileBytes: number
  readonly destroyed: boolean
}

/** Beyond every position. */
const NEVER = Number.MAX_SAFE_INTEGER
const NO_GROUP = new Uint8Array(0)
const GROUPS_AT_ONCE = 100
const FREED_AT_ONCE = 1000

export class Retention extends StorePart {
  /**
   * Frees the places of entries that are older than all are kept, or that every member has acknowledged.
   *
   * @param keepSince - entries of this time and before go, Unix seconds.
   * @param limit - how many entries at most of one group, so that one call never stands still for long.
   * @returns how many entries, and whether there may be more.
   */
  async purge(keepSince: number, limit: number): Promise<{ entries: number; more: boolean }> {
    const [old = []] = await this.database.write([
      sql`delete from entries where position in (
        select position from entries where stored_at <= ${keepSince} order by stored_at limit ${limit}
      ) returning position`,
    ])
    let [entries, more] = [old.length, old.length === limit]
    for (let after: Uint8Array | undefined = NO_GROUP; after; ) {
      const groups: { group_id: Uint8Array }[] = await this.database.read(sql`
        select distinct group_id from entries where group_id > ${after} order by group_id limit ${GROUPS_AT_ONCE}`)
      for (const { group_id } of groups) {
        const freed = await this.#purgeGroup(group_id, limit)
        entries += freed
        more ||= freed === limit
      }
      after = groups.at(-1)?.group_id
    }
    return { entries, more }
  }

  /**
   * Frees what all members have read of one group, and of those in which something of this sender waits.
   *
   * @param sender - who has met a quota.
   */
  async free(sender: string, group: Uint8Array): Promise<void> {
    const waiting = await this.database.read<{ group_id: Uint8Array }>(
      sql`select distinct group_id from entries where sender = ${sender} or group_id = ${group}`,
    )
    for (const { group_id } of waiting) {
      while ((await this.#purgeGroup(group_id, FREED_AT_ONCE)) === FREED_AT_ONCE);
    }
  }

  async list(): Promise<StoredGroup[]> {
    const rows = await this.database.read<
      Omit<StoredGroup, 'destroyed'> & { destroyed_at: number | null }
    >(sql`
      select g.id, g.name, g.kind, g.destroyed_at,
        (select count(*) from members m where m.group_id = g.id and m.last is null) as members,
        (select count(*) from entries e where e.group_id = g.id) as entries,
        (select coalesce(sum(e.bytes), 0) from entries e where e.group_id = g.id) as bytes,
        (select min(e.stored_at) from entries e where e.group_id = g.id) as oldest,
        (select count(*) from files f where f.group_id = g.id) as files,
        (select coalesce(sum(f.bytes), 0) from files f where f.group_id = g.id) as "fileBytes"
      from mls_groups g order by coalesce(g.name, ''), g.id`)
    return rows.map(({ destroyed_at, ...row }) => ({ ...row, destroyed: destroyed_at !== null }))
  }

  async #purgeGroup(group: Uint8Array, limit: number): Promise<number> {
    // Looked at first: most of the time there is a member who has not read the oldest entry yet, and nothing to write.
    const first = await this.one<{ position: number }>(
      sql`select position from entries where group_id = ${group} order by position limit 1`,
    )
    const floor = await this.#floor(group)
    if (!first || first.position >= floor) return 0
    const [, freed] = await this.database.write([
      SAME_POSITION,
      // Those who are out of the group may still have something to read, between their first and their last.
      sql`delete from entries where position in (
        select e.position from entries e where e.group_id = ${group} and e.position < ${floor} and not exists (
          select 1 from members m left join mailboxes b on b.username = m.username
          where m.group_id = ${group} and m.last is not null and e.position >= m.first and e.position <= m.last
            and coalesce(b.acked, 0) < e.position
        ) order by e.position limit ${limit}
      ) returning position`,
    ])
    return freed?.length ?? 0
  }

  /** The first position that one of the members has not acknowledged. It never goes down, for a member who is added comes later. */
  async #floor(group: Uint8Array): Promise<number> {
    const row = await this.one<{ floor: number | null }>(sql`
      select min(case when coalesce(b.acked, 0) >= m.first then b.acked + 1 else m.first end) as floor
      from members m left join mailboxes b on b.username = m.username
      where m.group_id = ${group} and m.last is null`)
    return row?.floor ?? NEVER
  }

  /** Forgets members that are out of a group and have nothing more to get of it, and groups of which nothing is left. */
  async purgeEnded(): Promise<void> {
    await this.database.write([
      SAME_POSITION,
      sql`delete from members where last is not null and in_tree = 0 and not exists (
        select 1 from entries e where e.group_id = members.group_id
          and e.position >= members.first and e.position <= members.last
      ) and not exists (select 1 from files f where f.group_id = members.group_id and f.position <= members.last)`,
      sql`delete from mls_groups where not exists (
          select 1 from members m where m.group_id = mls_groups.id and m.last is null
        ) and not exists (select 1 from entries e where e.group_id = mls_groups.id)
          and not exists (select 1 from files f where f.group_id = mls_groups.id)`,
    ])
  }
}
