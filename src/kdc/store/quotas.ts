/** What quotas limit: how much may wait, and how much there is. */
import { type Statement, sql } from '../../database/database.ts'

const MEBIBYTE = 1024 * 1024

/**
 * How much may wait: enough for a class that talks all week; a principal fills no disk.
 *
 * Of the room that several share, a group's or a receiver's, a sender has no more than it leaves to the others, but always a little: so each
 * gets something through, however many fill it.
 */
export const QUOTAS = {
  /** Entries of one sender that a member has still to acknowledge, and their bytes. */
  senderEntries: 10_000,
  senderBytes: 64 * MEBIBYTE,
  groupEntries: 20_000,
  /** Entries that one principal has still to read in its direct groups, and their bytes. */
  receiverEntries: 20_000,
  receiverBytes: 256 * MEBIBYTE,
  /** Entries of one sender, and their bytes, that may wait in a group or for a receiver however much of others does. */
  shareEntries: 16,
  shareBytes: 2 * MEBIBYTE,
  groups: 1000,
  /** Bytes of the group infos that one principal has put. */
  groupInfoBytes: 64 * MEBIBYTE,
  /** Members of one principal's groups, those included that are no more, as long as anything waits for them. */
  memberships: 100_000,
  /** Files of one sender that have not expired, and their bytes, those included that have still to come. */
  files: 1000,
  fileBytes: 256 * MEBIBYTE,
}

export type Quotas = Readonly<typeof QUOTAS>

/** `(entries, bytes)`: what of this sender is stored. */
export const entriesOf = (username: string): Statement => sql`(
  select count(*) as entries, coalesce(sum(bytes), 0) as bytes from entries where sender = ${username})`

/** Whether a sender has room for one entry more, where `sent` is `entriesOf` it. */
export const hasRoomFor = (bytes: number, { senderEntries, senderBytes }: Quotas): Statement => sql`(
  sent.entries < ${senderEntries} and sent.bytes + cast(${bytes} as bigint) <= ${senderBytes})`

/** `(entries)`: what is stored of this group. */
export const entriesIn = (group: Uint8Array): Statement => sql`(
  select count(*) as entries from entries where group_id = ${group})`

/** How much of that is this sender's. */
export const entriesInOf = (group: Uint8Array, username: string): Statement => sql`(
  select count(*) from entries where group_id = ${group} and sender = ${username})`

/** Whether there is room in a group for one entry more of this sender, where `waiting` is `entriesIn` it. */
export const hasRoomIn = (
  group: Uint8Array,
  username: string,
  { groupEntries, shareEntries }: Quotas,
): Statement => sql`(
  waiting.entries * 2 < ${groupEntries} or ${entriesInOf(group, username)} <
    case when waiting.entries + ${shareEntries} < ${groupEntries} then cast(${groupEntries} as bigint) - waiting.entries
      else ${shareEntries} end)`

/** What a receiver has still to read in direct groups, of others: `e`. */
const UNREAD = sql`members m join mls_groups g on g.id = m.group_id and g.kind = 'direct'
  join entries e on e.group_id = m.group_id and e.sender <> m.username and e.position >= m.first
    and e.position > coalesce((select acked from mailboxes b where b.username = m.username), 0)`

/** Whether there is room at a receiver, who is perhaps away, for one entry more of this sender. */
export const hasRoomAt = (
  receiver: string,
  sender: string,
  bytes: number,
  quotas: Quotas,
): Statement => sql`exists (
  select 1 from (
    select count(*) as entries, coalesce(sum(e.bytes), 0) + cast(${bytes} as bigint) as bytes from ${UNREAD}
    where m.username = ${receiver} and m.last is null and e.sender = ${sender}
      and m.group_id in (select group_id from members where username = ${sender})) own
  where (own.entries < ${quotas.shareEntries} and own.bytes <= ${quotas.shareBytes}) or exists (
    select 1 from (
      select count(*) as entries, coalesce(sum(bytes), 0) as bytes from (
        select e.bytes from ${UNREAD}
        where m.username = ${receiver} and m.last is null limit ${quotas.receiverEntries}) unread) waiting
    where own.entries < cast(${quotas.receiverEntries} as bigint) - waiting.entries
      and own.bytes <= cast(${quotas.receiverBytes} as bigint) - waiting.bytes))`

/** `(groups, bytes)`: the groups of this principal, and its group infos, but for those of one group. */
export const groupsBeside = (group: Uint8Array, username: string): Statement => sql`(
  select (select count(*) from mls_groups where id <> ${group} and creator = ${username}) as groups,
    (select coalesce(sum(info_bytes), 0) from mls_groups where id <> ${group} and info_by = ${username}) as bytes)`

/** `(files, bytes)`: those of this sender that were begun after `keepSince`, Unix seconds. */
export const filesOf = (username: string, keepSince: number): Statement => sql`(
  select count(*) as files, coalesce(sum(bytes), 0) as bytes from files
  where sender = ${username} and begun_at > ${keepSince})`
