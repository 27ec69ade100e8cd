/**
 * The groups, and who is in them: the KDC as delivery service (RFC 9750 §5).
 *
 * A change is a transaction that begins with the next position (positions.ts) and a row in `requests` (requests.ts), which is
 * made if everything allows the change. What follows depends on that row. Of two commits for one epoch, however they meet,
 * the second finds another epoch (RFC 9420 §14: the delivery service puts them in order).
 *
 * @module
 */
import { type Database, type Statement, sql } from '../../database/database.ts'
import { NEXT_POSITION } from './positions.ts'
import type { Accepted, RequestKey } from './requests.ts'

export type GroupKind = 'named' | 'direct'
export type EntryKind = 'commit' | 'message' | 'proposal' | 'destroyed'

export interface Group {
  /** 16 bytes, chosen by whoever made it. */
  readonly id: Uint8Array
  readonly kind: GroupKind
  readonly name?: string
  /** Who adds and removes; nobody in a direct group, or when the admin's account is gone. */
  readonly admin?: string
  /** The number of commits. */
  readonly epoch: number
  /** The number of entries. */
  readonly seq: number
  /** The position of the last change of its members. */
  readonly roster: number
}

/** Who belongs to a group. */
export interface Roster {
  /** Those who are in it, by name. */
  readonly members: readonly string[]
  /** Those who have left, and whom no commit has removed from the tree yet. */
  readonly left: readonly string[]
}

/** How much may wait. */
export interface Quotas {
  /** Entries of one sender that somebody has still to acknowledge, and their bytes. */
  readonly senderEntries: number
  readonly senderBytes: number
  /** Entries of one group. */
  readonly groupEntries: number
  /** Groups that one principal has made and not destroyed, and the bytes of their group infos. */
  readonly groups: number
  readonly groupInfoBytes: number
}

/** How much there is of what `Quotas` limits. */
export type Usage = Quotas

export interface NewGroup {
  readonly id: Uint8Array
  readonly kind: GroupKind
  readonly name?: string | undefined
  /** The others. */
  readonly members: readonly string[]
  readonly info: Uint8Array
  /** What adds them; nothing when there are none. */
  readonly commit?: { readonly payload: Uint8Array; readonly welcome: Uint8Array } | undefined
}

export interface Commit {
  readonly group: Group
  readonly payload: Uint8Array
  readonly welcome?: Uint8Array | undefined
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly info: Uint8Array
}

interface GroupRow {
  readonly id: Uint8Array
  readonly kind: GroupKind
  readonly name: string | null
  readonly admin: string | null
  readonly epoch: number
  readonly seq: number
  readonly roster: number
}

const toGroup = ({ id, kind, name, admin, epoch, seq, roster }: GroupRow): Group => ({
  id,
  kind,
  epoch,
  seq,
  roster,
  ...(name === null ? {} : { name }),
  ...(admin === null ? {} : { admin }),
})

/** What two have in common, in whichever order: a space is in no name. */
const pairOf = (one: string, other: string) => [one, other].sort().join(' ')

const EMPTY = new Uint8Array(0)

/** An entry to be: of the group in which the request was accepted, at the position of this transaction. */
interface NewEntry {
  readonly group: Uint8Array
  readonly epoch: number
  readonly kind: EntryKind
  readonly payload: Uint8Array
  readonly welcome?: Uint8Array | undefined
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
}

const namesText = (names: readonly string[] = []) => names.join(' ')

/** How much room an entry counts for, in bytes. */
export function entryBytes({ payload, welcome = EMPTY, added, removed }: Omit<NewEntry, 'group'>): number {
  return payload.length + welcome.length + namesText(added).length + namesText(removed).length
}

const entryStatement = ({ username, id }: RequestKey, entry: NewEntry, now: number): Statement => sql`
  insert into entries
    (position, group_id, seq, epoch, sender, kind, stored_at, bytes, added, removed, payload, welcome)
  select r.position, ${entry.group}, r.seq, ${entry.epoch}, r.username, ${entry.kind}, ${now}, ${entryBytes(entry)},
    ${namesText(entry.added)}, ${namesText(entry.removed)}, ${entry.payload}, ${entry.welcome ?? null}
  from requests r, positions p
  where r.username = ${username} and r.id = ${id} and r.position = p.position`

const addStatement = ({ username, id }: RequestKey, group: Uint8Array, name: string): Statement => sql`
  insert into members (group_id, username, first, in_tree)
  select ${group}, a.username, r.position, 1 from requests r, positions p, accounts a
  where r.username = ${username} and r.id = ${id} and r.position = p.position and a.username = ${name}`

/** The groups. */
export class Groups {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Makes a group: of its creator alone, at epoch 0, or with others, by the commit that adds them.
   *
   * @returns nothing when this request was accepted before, there is such a group, or a quota is met.
   */
  create(request: RequestKey, group: NewGroup, quotas: Quotas, now: number): Promise<Accepted | undefined> {
    const { username, id, forgetAt } = request
    const { kind, name = null, members, info, commit } = group
    const pair = kind === 'direct' ? pairOf(username, members[0] ?? '') : null
    const entry: NewEntry | undefined = commit && {
      ...commit,
      group: group.id,
      epoch: 0,
      kind: 'commit',
      added: members,
    }
    const seq = entry ? 1 : 0
    return this.#change([
      NEXT_POSITION,
      sql`
        insert into requests (username, id, position, seq, forget_at)
        select a.username, ${id}, p.position, ${seq}, ${forgetAt} from positions p, accounts a
        where a.username = ${username}
          and not exists (
            select 1 from mls_groups where id = ${group.id} or name = ${name} or pair = ${pair}
          )
          and (
            select case when count(*) < ${quotas.senderEntries}
              and coalesce(sum(bytes), 0) + cast(${entry ? entryBytes(entry) : 0} as bigint) <= ${quotas.senderBytes}
              then 1 else 0 end from entries where sender = ${username}
          ) = 1
          and (
            select case when count(*) < ${quotas.groups}
              and coalesce(sum(info_bytes), 0) + cast(${info.length} as bigint) <= ${quotas.groupInfoBytes}
              then 1 else 0 end from mls_groups where creator = ${username}
          ) = 1
        on conflict do nothing returning position, seq`,
      sql`
        insert into mls_groups (id, kind, name, pair, admin, creator, epoch, seq, roster, info_bytes)
        select ${group.id}, ${kind}, ${name}, ${pair}, ${kind === 'named' ? username : null}, r.username,
          r.seq, r.seq, r.position, ${info.length}
        from requests r, positions p
        where r.username = ${username} and r.id = ${id} and r.position = p.position`,
      sql`
        insert into group_infos (group_id, info) select ${group.id}, ${info} from requests r, positions p
        where r.username = ${username} and r.id = ${id} and r.position = p.position`,
      ...[username, ...members].map((member) => addStatement(request, group.id, member)),
      ...(entry ? [entryStatement(request, entry, now)] : []),
    ])
  }

  /**
   * Accepts a commit, and the changes of members that it brings.
   *
   * @param commit - with the group as it was when the commit was judged: if its epoch or its members are others now, it is
   *   refused. Who may add and remove whom has been judged.
   * @returns nothing when this request was accepted before, the sender is no member, the group has changed, or a quota is met.
   */
  commit(request: RequestKey, commit: Commit, quotas: Quotas, now: number): Promise<Accepted | undefined> {
    const { username, id, forgetAt } = request
    const { group, payload, welcome, added, removed, info } = commit
    const entry: NewEntry = {
      group: group.id,
      epoch: group.epoch,
      kind: 'commit',
      payload,
      welcome,
      added,
      removed,
    }
    return this.#change([
      NEXT_POSITION,
      sql`
        insert into requests (username, id, position, seq, forget_at)
        select m.username, ${id}, p.position, g.seq + 1, ${forgetAt} from positions p, mls_groups g, members m
        where g.id = ${group.id} and g.destroyed_at is null
          and g.epoch = ${group.epoch} and g.roster = ${group.roster}
          and m.group_id = g.id and m.username = ${username} and m.last is null
          and (
            select case when count(*) < ${quotas.senderEntries}
              and coalesce(sum(bytes), 0) + cast(${entryBytes(entry)} as bigint) <= ${quotas.senderBytes}
              then 1 else 0 end from entries where sender = ${username}
          ) = 1
          and (select count(*) from entries where group_id = ${group.id}) < ${quotas.groupEntries}
          and (
            select coalesce(sum(o.info_bytes), 0) from mls_groups o where o.creator = g.creator and o.id <> g.id
          ) + cast(${info.length} as bigint) <= ${quotas.groupInfoBytes}
        on conflict do nothing returning position, seq`,
      sql`
        update mls_groups set epoch = epoch + 1, seq = seq + 1, info_bytes = ${info.length},
          roster = case when ${added.length + removed.length} = 0 then roster
            else (select position from positions) end
        where id = ${group.id} and exists (
          select 1 from requests r, positions p
          where r.username = ${username} and r.id = ${id} and r.position = p.position)`,
      sql`
        update group_infos set info = ${info} where group_id = ${group.id} and exists (
          select 1 from requests r, positions p
          where r.username = ${username} and r.id = ${id} and r.position = p.position)`,
      ...removed.map(
        (name) => sql`
          update members set in_tree = 0, last = coalesce(last, (select position from positions))
          where group_id = ${group.id} and username = ${name} and in_tree = 1 and exists (
            select 1 from requests r, positions p
            where r.username = ${username} and r.id = ${id} and r.position = p.position)`,
      ),
      ...added.map((name) => addStatement(request, group.id, name)),
      entryStatement(request, entry, now),
    ])
  }

  /**
   * Accepts a message for one epoch: one row for all who will read it.
   *
   * @returns nothing when this request was accepted before, the sender is no member, the group has another epoch, or a quota is
   *   met.
   */
  send(
    request: RequestKey,
    message: { readonly group: Uint8Array; readonly epoch: number; readonly payload: Uint8Array },
    quotas: Quotas,
    now: number,
  ): Promise<Accepted | undefined> {
    const { username, id, forgetAt } = request
    const { group, epoch } = message
    const entry: NewEntry = { ...message, kind: 'message' }
    return this.#change([
      NEXT_POSITION,
      sql`
        insert into requests (username, id, position, seq, forget_at)
        select m.username, ${id}, p.position, g.seq + 1, ${forgetAt} from positions p, mls_groups g, members m
        where g.id = ${group} and g.destroyed_at is null and g.epoch = ${epoch}
          and m.group_id = g.id and m.username = ${username} and m.last is null
          and (
            select case when count(*) < ${quotas.senderEntries}
              and coalesce(sum(bytes), 0) + cast(${entryBytes(entry)} as bigint) <= ${quotas.senderBytes}
              then 1 else 0 end from entries where sender = ${username}
          ) = 1
          and (select count(*) from entries where group_id = ${group}) < ${quotas.groupEntries}
        on conflict do nothing returning position, seq`,
      sql`
        update mls_groups set seq = seq + 1 where id = ${group} and exists (
          select 1 from requests r, positions p
          where r.username = ${username} and r.id = ${id} and r.position = p.position)`,
      entryStatement(request, entry, now),
    ])
  }

  /**
   * A member leaves; its leaf stays in the tree until a commit removes it. No quota keeps anybody.
   *
   * @returns nothing when this request was accepted before, or it is no member, or the admin.
   */
  leave(request: RequestKey, group: Group, proposal: Uint8Array, now: number): Promise<Accepted | undefined> {
    const { username, id, forgetAt } = request
    return this.#change([
      NEXT_POSITION,
      sql`
        insert into requests (username, id, position, seq, forget_at)
        select m.username, ${id}, p.position, g.seq + 1, ${forgetAt} from positions p, mls_groups g, members m
        where g.id = ${group.id} and g.destroyed_at is null and g.epoch = ${group.epoch}
          and (g.admin is null or g.admin <> ${username})
          and m.group_id = g.id and m.username = ${username} and m.last is null
        on conflict do nothing returning position, seq`,
      // Whoever left a direct group may begin another with the same one.
      sql`
        update mls_groups set seq = seq + 1, roster = (select position from positions), pair = null
        where id = ${group.id} and exists (
          select 1 from requests r, positions p
          where r.username = ${username} and r.id = ${id} and r.position = p.position)`,
      sql`
        update members set last = (select position from positions)
        where group_id = ${group.id} and username = ${username} and last is null and exists (
          select 1 from requests r, positions p
          where r.username = ${username} and r.id = ${id} and r.position = p.position)`,
      entryStatement(
        request,
        { group: group.id, epoch: group.epoch, kind: 'proposal', payload: proposal },
        now,
      ),
    ])
  }

  /**
   * The end of a group: nothing more is accepted, its name is free, and whoever was in it reads that it is over.
   *
   * @returns nothing when this request was accepted before, or whoever asks is no member, or not the admin where there is one.
   */
  destroy(request: RequestKey, group: Group, now: number): Promise<Accepted | undefined> {
    const { username, id, forgetAt } = request
    return this.#change([
      NEXT_POSITION,
      sql`
        insert into requests (username, id, position, seq, forget_at)
        select m.username, ${id}, p.position, g.seq + 1, ${forgetAt} from positions p, mls_groups g, members m
        where g.id = ${group.id} and g.destroyed_at is null and g.epoch = ${group.epoch}
          and (g.admin is null or g.admin = ${username})
          and m.group_id = g.id and m.username = ${username} and m.last is null
        on conflict do nothing returning position, seq`,
      sql`
        update mls_groups set seq = seq + 1, roster = (select position from positions), destroyed_at = ${now},
          name = null, pair = null, creator = null, info_bytes = 0
        where id = ${group.id} and exists (
          select 1 from requests r, positions p
          where r.username = ${username} and r.id = ${id} and r.position = p.position)`,
      sql`
        delete from group_infos where group_id = ${group.id} and exists (
          select 1 from requests r, positions p
          where r.username = ${username} and r.id = ${id} and r.position = p.position)`,
      sql`
        update members set last = (select position from positions), in_tree = 0
        where group_id = ${group.id} and last is null and exists (
          select 1 from requests r, positions p
          where r.username = ${username} and r.id = ${id} and r.position = p.position)`,
      entryStatement(
        request,
        { group: group.id, epoch: group.epoch, kind: 'destroyed', payload: EMPTY },
        now,
      ),
    ])
  }

  /** The group of this id, if this principal is in it. */
  async find(id: Uint8Array, username: string): Promise<Group | undefined> {
    const [row] = await this.#database.read<GroupRow>(sql`
      select g.id, g.kind, g.name, g.admin, g.epoch, g.seq, g.roster from mls_groups g, members m
      where g.id = ${id} and g.destroyed_at is null
        and m.group_id = g.id and m.username = ${username} and m.last is null`)
    return row && toGroup(row)
  }

  /** What a new member, or one that has lost its state, begins with: the newest GroupInfo (RFC 9420 §12.4.3). */
  async info(id: Uint8Array): Promise<Uint8Array | undefined> {
    const [row] = await this.#database.read<{ info: Uint8Array }>(
      sql`select info from group_infos where group_id = ${id}`,
    )
    return row?.info
  }

  /** Who is in a group, and who has left it. */
  async roster(id: Uint8Array): Promise<Roster> {
    const rows = await this.#database.read<{ username: string; last: number | null }>(sql`
      select username, last from members where group_id = ${id} and (last is null or in_tree = 1) order by username`)
    const named = (isIn: boolean) =>
      rows.filter(({ last }) => (last === null) === isIn).map(({ username }) => username)
    return { members: named(true), left: named(false) }
  }

  /** The groups that a principal is in, by id. @param after - those whose id comes after this one. */
  async list(username: string, after: Uint8Array, limit: number): Promise<Group[]> {
    const rows = await this.#database.read<GroupRow>(sql`
      select g.id, g.kind, g.name, g.admin, g.epoch, g.seq, g.roster from members m, mls_groups g
      where m.username = ${username} and m.last is null and m.group_id > ${after}
        and g.id = m.group_id and g.destroyed_at is null
      order by m.group_id limit ${limit}`)
    return rows.map(toGroup)
  }

  /** The direct group of two. */
  async findDirect(one: string, other: string): Promise<Uint8Array | undefined> {
    const [row] = await this.#database.read<{ id: Uint8Array }>(
      sql`select id from mls_groups where pair = ${pairOf(one, other)}`,
    )
    return row?.id
  }

  /** Whether there is a group of this id, or of this name. */
  async exists(id: Uint8Array, name: string | null): Promise<boolean> {
    const rows = await this.#database.read(
      sql`select 1 as one from mls_groups where id = ${id} or name = ${name} limit 1`,
    )
    return rows.length > 0
  }

  /**
   * What there is of what quotas limit.
   *
   * @param group - whose creator's group infos are counted, its own left out; without it, those of the sender.
   */
  async usage(username: string, group?: Uint8Array): Promise<Usage> {
    const id = group ?? EMPTY
    const [sent] = await this.#database.read<{ entries: number; bytes: number }>(
      sql`select count(*) as entries, coalesce(sum(bytes), 0) as bytes from entries where sender = ${username}`,
    )
    const [stored] = await this.#database.read<{ entries: number }>(
      sql`select count(*) as entries from entries where group_id = ${id}`,
    )
    const [made] = await this.#database.read<{ entries: number; bytes: number }>(sql`
      select count(*) as entries, coalesce(sum(info_bytes), 0) as bytes from mls_groups
      where id <> ${id} and creator = coalesce((select creator from mls_groups where id = ${id}), ${username})`)
    return {
      senderEntries: sent?.entries ?? 0,
      senderBytes: sent?.bytes ?? 0,
      groupEntries: stored?.entries ?? 0,
      groups: made?.entries ?? 0,
      groupInfoBytes: made?.bytes ?? 0,
    }
  }

  async #change(statements: readonly Statement[]): Promise<Accepted | undefined> {
    const [, claimed] = await this.#database.write(statements)
    const row = claimed?.[0]
    return row && { position: Number(row.position), seq: Number(row.seq) }
  }
}
