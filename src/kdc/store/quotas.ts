/**
 * What quotas limit: how much may wait, and how much there is.
 *
 * @module
 */
import { type Statement, sql } from '../../database/database.ts'

/** How much may wait. */
export interface Quotas {
  /** Entries of one sender that somebody has still to acknowledge, and their bytes. */
  readonly senderEntries: number
  readonly senderBytes: number
  /** Entries of one group. */
  readonly groupEntries: number
  /** Entries that one principal has still to read in its direct groups, and their bytes. */
  readonly receiverEntries: number
  readonly receiverBytes: number
  /** Groups that one principal has made and not destroyed. */
  readonly groups: number
  /** Bytes of the group infos that one principal has put. */
  readonly groupInfoBytes: number
  /** Members of one principal's groups, those included that are no more, as long as anything waits for them. */
  readonly memberships: number
  /** Files of one sender that have not expired, and their bytes, those included that have still to come. */
  readonly files: number
  readonly fileBytes: number
}

/** `(entries, bytes)`: what of this sender is stored. */
export const entriesOf = (username: string): Statement => sql`(
  select count(*) as entries, coalesce(sum(bytes), 0) as bytes from entries where sender = ${username})`

/** `(entries)`: what is stored of this group. */
export const entriesIn = (group: Uint8Array): Statement => sql`(
  select count(*) as entries from entries where group_id = ${group})`

/** `(groups, bytes)`: the groups of this principal, and its group infos, but for those of one group. */
export const groupsBeside = (group: Uint8Array, username: string): Statement => sql`(
  select (select count(*) from mls_groups where id <> ${group} and creator = ${username}) as groups,
    (select coalesce(sum(info_bytes), 0) from mls_groups where id <> ${group} and info_by = ${username}) as bytes)`

/** `(files, bytes)`: those of this sender that were begun after `keepSince`, Unix seconds. */
export const filesOf = (username: string, keepSince: number): Statement => sql`(
  select count(*) as files, coalesce(sum(bytes), 0) as bytes from files
  where sender = ${username} and begun_at > ${keepSince})`
