/** Mailboxes: for each principal the entries of its groups, from the one that added it to the last that it may see. */
import { type Statement, sql } from '../../database/database.ts'
import type { EntryKind } from './group-changes.ts'
import { hasRoomAt, type Quotas } from './quotas.ts'
import { lastPosition } from './requests.ts'
import { StorePart } from './store-part.ts'

/** An entry, as one of those who see it sees it. */
export interface Entry {
  readonly position: number
  readonly group: Uint8Array
  /** Its number in the group: 1, 2, 3. */
  readonly seq: number
  /** The group's epoch when it came: that in which a commit was made, not the one which that begins. */
  readonly epoch: number
  readonly sender: string
  readonly kind: EntryKind
  readonly storedAt: number
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** The message; for whom it added, the welcome. */
  readonly payload: Uint8Array
  readonly isWelcome: boolean
}

export interface Page {
  readonly entries: readonly Entry[]
  readonly more: boolean
}

type EntryRow = Omit<Entry, 'added' | 'removed' | 'isWelcome'> & {
  readonly added: string
  readonly removed: string
  readonly isWelcome: number
}

const names = (text: string) => (text === '' ? [] : text.split(' '))

const toEntry = (row: EntryRow): Entry => ({
  ...row,
  added: names(row.added),
  removed: names(row.removed),
  isWelcome: row.isWelcome === 1,
})

/** The entries, `e`, that a principal may see after a position, as member `m`. */
const entriesFor = (username: string, after: number): Statement => sql`
  members m, entries e where m.username = ${username} and e.group_id = m.group_id and e.position > ${after}
    and e.position >= m.first and (m.last is null or e.position <= m.last)`

export class Mailbox extends StorePart {
  /**
   * What a principal has after a position.
   *
   * @param limit - how many entries at most.
   * @param maxBytes - how much at most, but one entry at least.
   */
  async page(username: string, after: number, limit: number, maxBytes: number): Promise<Page> {
    // First what fits, by an index that has the lengths: entries may be long, and there may be many.
    const rows = await this.database.read<{ position: number; bytes: number }>(sql`
      select e.position, e.bytes from ${entriesFor(username, after)}
      order by e.position limit ${limit + 1}`)
    let [count, bytes] = [0, 0]
    for (const row of rows) {
      bytes += row.bytes
      if (count === limit || (count > 0 && bytes > maxBytes)) break
      count++
    }
    const last = rows[count - 1]?.position
    if (last === undefined) return { entries: [], more: false }
    return { entries: await this.#read(username, after, last), more: rows.length > count }
  }

  /**
   * Everything up to this position is safe with a principal: what is said once stays said. Beyond the last position that there
   * is, it means that one.
   */
  async acknowledge(username: string, position: number): Promise<void> {
    await this.change(sql`
      insert into mailboxes (username, acked)
      select a.username, case when p.position < ${position} then p.position else ${position} end
      from accounts a, positions p where a.username = ${username}
      on conflict (username) do update set acked = excluded.acked where mailboxes.acked < excluded.acked`)
  }

  async hasMail(username: string, after: number): Promise<boolean> {
    return this.gives(sql`
      select 1 as one from ${entriesFor(username, after)} limit 1`)
  }

  /** The principals that have something after a position. */
  async reached(after: number): Promise<string[]> {
    const rows = await this.database.read<{ username: string }>(sql`
      select distinct m.username from members m
      where m.group_id in (select group_id from entries where position > ${after}) and exists (
        select 1 from entries e where e.group_id = m.group_id and e.position > ${after}
          and e.position >= m.first and (m.last is null or e.position <= m.last))`)
    return rows.map(({ username }) => username)
  }

  /** Whether a principal has room for one entry more, of so many bytes, which this sender would leave in their direct group. */
  async hasRoom(username: string, sender: string, bytes: number, quotas: Quotas): Promise<boolean> {
    return this.gives(sql`select 1 as one from positions where ${hasRoomAt(username, sender, bytes, quotas)}`)
  }

  lastPosition(): Promise<number> {
    return lastPosition(this.database)
  }

  async #read(username: string, after: number, last: number): Promise<Entry[]> {
    const rows = await this.database.read<EntryRow>(sql`
      select e.position, e.group_id as "group", e.seq, e.epoch, e.sender, e.kind, e.stored_at as "storedAt", e.added, e.removed,
        case when e.position = m.first and e.sender <> m.username then e.welcome else e.payload end as payload,
        case when e.position = m.first and e.sender <> m.username then 1 else 0 end as "isWelcome"
      from ${entriesFor(username, after)} and e.position <= ${last} order by e.position`)
    return rows.map(toEntry)
  }
}
