/**
 * How groups change: the KDC as delivery service (RFC 9750 §5).
 *
 * A change is a transaction that begins with the next position and with the condition that everything allows it
 * (requests.ts). Of two commits for one epoch, however they meet, the second finds another epoch (RFC 9420 §14: the delivery
 * service puts them in order).
 */
import { required, type Statement, sql } from '../../database/database.ts'
import { type Group, type GroupKind, inGroup, pairOf } from './groups.ts'
import {
  entriesIn,
  entriesOf,
  groupsBeside,
  hasRoomAt,
  hasRoomFor,
  hasRoomIn,
  type Quotas,
} from './quotas.ts'
import { type Accepted, claim, NEXT_POSITION, type RequestKey, toAccepted } from './requests.ts'
import { StorePart } from './store-part.ts'

export interface NewGroup {
  readonly id: Uint8Array
  readonly kind: GroupKind
  readonly name?: string | undefined
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

export interface NewMessage {
  readonly group: Uint8Array
  readonly epoch: number
  readonly payload: Uint8Array
  /** In a direct group, the other one. */
  readonly receiver?: string | undefined
}

const NO_BYTES = new Uint8Array(0)

export type EntryKind = 'commit' | 'message' | 'proposal' | 'destroyed'

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
export function entryBytes({
  payload,
  welcome = NO_BYTES,
  added,
  removed,
}: Omit<NewEntry, 'group' | 'epoch' | 'kind'>): number {
  return payload.length + welcome.length + namesText(added).length + namesText(removed).length
}

/** Makes the entry of a request that was accepted, in the same transaction. */
const entryStatement = ({ username, id }: RequestKey, entry: NewEntry, now: number): Statement => sql`
  insert into entries
    (position, group_id, seq, epoch, sender, kind, stored_at, bytes, added, removed, payload, welcome)
  select r.result, ${entry.group}, r.seq, cast(${entry.epoch} as bigint), r.username, ${entry.kind},
    cast(${now} as bigint), cast(${entryBytes(entry)} as bigint),
    ${namesText(entry.added)}, ${namesText(entry.removed)}, ${entry.payload}, ${entry.welcome ?? null}
  from requests r where r.username = ${username} and r.id = ${id}`

/** The condition that there is room at a receiver, where there is one. */
const roomAt = (receiver: string | undefined, sender: string, bytes: number, quotas: Quotas): Statement =>
  receiver === undefined ? sql`` : sql`and ${hasRoomAt(receiver, sender, bytes, quotas)}`

/** Of a group's entry: its position, and its number. */
const NEXT_ENTRY = sql`p.position, g.seq + 1`

/** The first entry of a group that has others than its creator. */
const firstEntry = ({ id, members, commit }: NewGroup): NewEntry | undefined =>
  commit && { ...commit, group: id, epoch: 0, kind: 'commit', added: members }

/** How much room the entry takes that adds the members of a new group, in bytes. */
export function firstEntryBytes(group: NewGroup): number {
  const entry = firstEntry(group)
  return entry ? entryBytes(entry) : 0
}

// Required: the account may have been deleted since it was looked for.
const addStatement = (group: Uint8Array, name: string): Statement =>
  required(sql`
    insert into members (group_id, username, first, in_tree)
    select ${group}, a.username, p.position, 1 from positions p, accounts a where a.username = ${name}
    returning username`)

export class GroupChanges extends StorePart {
  /**
   * Makes a group: of its creator alone, at epoch 0, or with others, by the commit that adds them.
   *
   * @returns nothing when this request was accepted before, there is such a group, a member has no account, or a quota is met.
   */
  create(request: RequestKey, group: NewGroup, quotas: Quotas, now: number): Promise<Accepted | undefined> {
    const { username } = request
    const { id, kind, name = null, members, info } = group
    const pair = kind === 'direct' ? pairOf(username, members[0] ?? username) : null
    const entry = firstEntry(group)
    const seq = entry ? 1 : 0
    const receiver = kind === 'direct' ? members[0] : undefined
    const room = roomAt(receiver, username, firstEntryBytes(group), quotas)
    return this.#change([
      claim(
        request,
        sql`p.position, cast(${seq} as bigint)`,
        sql`positions p, accounts a, ${entriesOf(username)} sent, ${groupsBeside(id, username)} beside
          where a.username = ${username} and not exists (select 1 from mls_groups where id = ${id} or name = ${name} or pair = ${pair})
            and ${hasRoomFor(firstEntryBytes(group), quotas)}
            and beside.groups < ${quotas.groups}
            and beside.bytes + cast(${info.length} as bigint) <= ${quotas.groupInfoBytes} ${room}`,
      ),
      sql`
        insert into mls_groups (id, kind, name, pair, admin, creator, epoch, seq, roster, info_bytes, info_by)
        select ${id}, ${kind}, ${name}, ${pair}, ${kind === 'named' ? username : null}, ${username},
          cast(${seq} as bigint), cast(${seq} as bigint), position, cast(${info.length} as bigint), ${username}
        from positions`,
      sql`insert into group_infos (group_id, info) values (${id}, ${info})`,
      ...[username, ...members].map((member) => addStatement(id, member)),
      ...(entry ? [entryStatement(request, entry, now)] : []),
    ])
  }

  /**
   * Accepts a commit, and the changes of members that it brings: first it removes, then it adds.
   *
   * @param commit - with the group as it was when the commit was judged: if its epoch or its members are others now, it is
   *   refused. Who may add and remove whom has been judged.
   * @returns nothing when this request was accepted before, the sender is no member, the group has changed, or a quota is met.
   */
  commit(request: RequestKey, commit: Commit, quotas: Quotas, now: number): Promise<Accepted | undefined> {
    const { username } = request
    const { group, added, removed, info } = commit
    const { id, epoch, roster } = group
    const entry: NewEntry = { ...commit, group: id, epoch, kind: 'commit' }
    return this.#change([
      claim(
        request,
        NEXT_ENTRY,
        sql`positions p, mls_groups g, members m, ${entriesOf(username)} sent, ${entriesIn(id)} waiting,
            ${groupsBeside(id, username)} beside
          where ${inGroup(id, username)} and g.epoch = ${epoch} and g.roster = ${roster}
            and ${hasRoomFor(entryBytes(entry), quotas)}
            and (g.admin = ${username} or ${hasRoomIn(id, username, quotas)})
            and beside.bytes + cast(${info.length} as bigint) <= ${quotas.groupInfoBytes}`,
      ),
      sql`
        update mls_groups set epoch = epoch + 1, seq = seq + 1, info_bytes = ${info.length}, info_by = ${username},
          roster = case when ${added.length + removed.length} = 0 then roster
            else (select position from positions) end
        where id = ${id}`,
      sql`update group_infos set info = ${info} where group_id = ${id}`,
      ...removed.map((name) => removeStatement(id, name, added.includes(name))),
      ...added.map((name) => addStatement(id, name)),
      entryStatement(request, entry, now),
    ])
  }

  /**
   * Accepts a message for one epoch: one row for all who will read it.
   *
   * @returns nothing when this request was accepted before, the sender is no member, the group has another epoch, or a quota is
   *   met.
   */
  send(request: RequestKey, message: NewMessage, quotas: Quotas, now: number): Promise<Accepted | undefined> {
    const { username } = request
    const { group, epoch } = message
    const entry: NewEntry = { ...message, kind: 'message' }
    const room = roomAt(message.receiver, username, entryBytes(entry), quotas)
    return this.#change([
      claim(
        request,
        NEXT_ENTRY,
        sql`positions p, mls_groups g, members m, ${entriesOf(username)} sent, ${entriesIn(group)} waiting
          where ${inGroup(group, username)} and g.epoch = ${epoch}
            and ${hasRoomFor(entryBytes(entry), quotas)}
            and ${hasRoomIn(group, username, quotas)} ${room}`,
      ),
      sql`update mls_groups set seq = seq + 1 where id = ${group}`,
      entryStatement(request, entry, now),
    ])
  }

  /**
   * A member leaves; its leaf stays in the tree until a commit removes it. No quota keeps a member in.
   *
   * @returns nothing when this request was accepted before, the group has another epoch, or it is no member, or the admin.
   */
  leave(
    request: RequestKey,
    leaving: { readonly group: Uint8Array; readonly epoch: number; readonly payload: Uint8Array },
    now: number,
  ): Promise<Accepted | undefined> {
    const { username } = request
    const { group, epoch } = leaving
    return this.#change([
      claim(
        request,
        NEXT_ENTRY,
        sql`positions p, mls_groups g, members m
          where ${inGroup(group, username)} and g.epoch = ${epoch} and (g.admin is null or g.admin <> ${username})`,
      ),
      // A member who left a direct group may begin another with the same one.
      sql`
        update mls_groups set seq = seq + 1, roster = (select position from positions), pair = null
        where id = ${group}`,
      sql`
        update members set last = (select position from positions)
        where group_id = ${group} and username = ${username} and last is null`,
      entryStatement(request, { ...leaving, kind: 'proposal' }, now),
    ])
  }

  /**
   * The end of a group: nothing more is accepted, its name is free, and those who were in it read that it is over.
   *
   * @returns nothing when this request was accepted before, or the principal who asks is no member, or not the admin where there is one.
   */
  destroy(request: RequestKey, { id, epoch }: Group, now: number): Promise<Accepted | undefined> {
    const { username } = request
    return this.#change([
      claim(
        request,
        NEXT_ENTRY,
        sql`positions p, mls_groups g, members m
          where ${inGroup(id, username)} and g.epoch = ${epoch} and (g.admin is null or g.admin = ${username})`,
      ),
      sql`
        update mls_groups set seq = seq + 1, roster = (select position from positions), destroyed_at = ${now},
          name = null, pair = null, creator = null, info_bytes = 0, info_by = null
        where id = ${id}`,
      sql`delete from group_infos where group_id = ${id}`,
      sql`
        update members set last = (select position from positions), in_tree = 0
        where group_id = ${id} and last is null`,
      entryStatement(request, { group: id, epoch, kind: 'destroyed', payload: NO_BYTES }, now),
    ])
  }

  async #change(statements: readonly Statement[]): Promise<Accepted | undefined> {
    const [, claimed] = await this.database.write([NEXT_POSITION, ...statements])
    return toAccepted(claimed)
  }
}

// A member that is added again by the same commit reads its welcome, and not the commit, which comes at the same position.
const removeStatement = (group: Uint8Array, name: string, isAddedAgain: boolean): Statement => sql`
  update members set in_tree = 0,
    last = coalesce(last, (select position from positions) - cast(${isAddedAgain ? 1 : 0} as bigint))
  where group_id = ${group} and username = ${name} and in_tree = 1`
