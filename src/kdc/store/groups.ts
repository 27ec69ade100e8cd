/** The groups, and who is in them. How they change: group-changes.ts. */
import { type Statement, sql } from '../../database/database.ts'
import { entriesIn, entriesInOf, entriesOf, groupsBeside, type Quotas } from './quotas.ts'
import { StorePart, withoutNulls } from './store-part.ts'

export type GroupKind = 'named' | 'direct'

export interface Group {
  /** 16 bytes, chosen by its maker. */
  readonly id: Uint8Array
  readonly kind: GroupKind
  readonly name?: string
  /** Who adds and removes; null in a direct group, or when the admin's account is gone. */
  readonly admin?: string
  readonly epoch: number
  readonly seq: number
  /** The position of the last change of its members. */
  readonly roster: number
}

export interface Roster {
  readonly members: readonly string[]
  /** Those who have left, and whom no commit has removed from the tree yet. */
  readonly left: readonly string[]
}

type Usage = Pick<Quotas, 'senderEntries' | 'senderBytes' | 'groupEntries' | 'groups' | 'groupInfoBytes'>

const GROUPS = sql`select g.id, g.kind, g.name, g.admin, g.epoch, g.seq, g.roster`

/** What two have in common, in whichever order: a space is in no name. */
export const pairOf = (one: string, other: string): string => [one, other].sort().join(' ')

/** With `mls_groups g, members m`: gives a row if the group is there, and this principal is in it. */
export const inGroup = (group: Uint8Array, username: string): Statement => sql`
  g.id = ${group} and g.destroyed_at is null
    and m.group_id = g.id and m.username = ${username} and m.last is null`

export class Groups extends StorePart {
  /** The group of this id, if this principal is in it. */
  async find(id: Uint8Array, username: string): Promise<Group | undefined> {
    const row = await this.one(sql`${GROUPS} from mls_groups g, members m where ${inGroup(id, username)}`)
    return row && withoutNulls(row)
  }

  /** What a new member, or one that has lost its state, begins with: the newest GroupInfo (RFC 9420 §12.4.3). */
  async info(id: Uint8Array): Promise<Uint8Array | undefined> {
    const row = await this.one<{ info: Uint8Array }>(sql`select info from group_infos where group_id = ${id}`)
    return row?.info
  }

  async roster(id: Uint8Array): Promise<Roster> {
    const rows = await this.database.read<{ username: string; last: number | null }>(sql`
      select username, last from members where group_id = ${id} and (last is null or in_tree = 1) order by username`)
    const named = (isIn: boolean) =>
      rows.filter(({ last }) => (last === null) === isIn).map(({ username }) => username)
    return { members: named(true), left: named(false) }
  }

  /** The groups that a principal is in, by id. @param after - those whose id comes after this one. */
  async list(username: string, after: Uint8Array, limit: number): Promise<Group[]> {
    const rows = await this.database.read(sql`${GROUPS} from members m, mls_groups g
      where m.username = ${username} and m.last is null and m.group_id > ${after}
        and g.id = m.group_id and g.destroyed_at is null
      order by m.group_id limit ${limit}`)
    return rows.map((row) => withoutNulls(row))
  }

  /** The direct group of two; of one, that with oneself. */
  async findDirect(one: string, other: string): Promise<Uint8Array | undefined> {
    const pair = pairOf(one, other)
    return (await this.one<{ id: Uint8Array }>(sql`select id from mls_groups where pair = ${pair}`))?.id
  }

  async exists(id: Uint8Array, name: string | null): Promise<boolean> {
    return this.gives(sql`select 1 as one from mls_groups where id = ${id} or name = ${name} limit 1`)
  }

  /** How many have a part, or had one that is not purged yet, in the groups of one who made them. */
  async memberships(creator: string): Promise<number> {
    return this.countOf(sql`
      select count(*) as count from mls_groups g, members m where g.creator = ${creator} and m.group_id = g.id`)
  }

  async entriesOf(group: Uint8Array, username: string): Promise<number> {
    return this.countOf(sql`select own as count from (select ${entriesInOf(group, username)} as own) entries`)
  }

  /**
   * What there is of what quotas limit.
   *
   * @param group - the one that is about to change, or to be made.
   */
  async usage(username: string, group: Uint8Array): Promise<Usage> {
    const row = await this.one<Usage>(sql`
      select sent.entries as "senderEntries", sent.bytes as "senderBytes", waiting.entries as "groupEntries",
        beside.groups as "groups", beside.bytes as "groupInfoBytes"
      from ${entriesOf(username)} sent, ${entriesIn(group)} waiting, ${groupsBeside(group, username)} beside`)
    if (!row) throw new Error('sums give a row')
    return row
  }
}
