/**
 * What happens in groups, entry by entry: one row for all who see it.
 *
 * @module
 */
import { type Statement, sql } from '../../database/database.ts'
import type { RequestKey } from './requests.ts'

export type EntryKind = 'commit' | 'message' | 'proposal' | 'destroyed'

/** An entry to be. */
export interface NewEntry {
  readonly group: Uint8Array
  readonly epoch: number
  readonly kind: EntryKind
  readonly payload: Uint8Array
  readonly welcome?: Uint8Array | undefined
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
}

const NO_BYTES = new Uint8Array(0)
const namesText = (names: readonly string[] = []) => names.join(' ')

/** How much room an entry counts for, in bytes. */
export function entryBytes({ payload, welcome = NO_BYTES, added, removed }: Omit<NewEntry, 'group'>): number {
  return payload.length + welcome.length + namesText(added).length + namesText(removed).length
}

/** Makes the entry of a request that was accepted, in the same transaction. */
export const entryStatement = ({ username, id }: RequestKey, entry: NewEntry, now: number): Statement => sql`
  insert into entries
    (position, group_id, seq, epoch, sender, kind, stored_at, bytes, added, removed, payload, welcome)
  select r.result, ${entry.group}, r.seq, cast(${entry.epoch} as bigint), r.username, ${entry.kind},
    cast(${now} as bigint), cast(${entryBytes(entry)} as bigint),
    ${namesText(entry.added)}, ${namesText(entry.removed)}, ${entry.payload}, ${entry.welcome ?? null}
  from requests r where r.username = ${username} and r.id = ${id}`
