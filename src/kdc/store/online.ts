/**
 * Who can be reached now: whose session accepts channels, or waits for mail, on whichever node.
 *
 * @module
 */
import { sql } from '../../database/database.ts'
import type { SessionCutoff } from './sessions.ts'
import { StorePart } from './store-part.ts'

export class Online extends StorePart {
  /** A session waits, at least until then, if nothing else is said. */
  async wait(sid: Uint8Array, endsAt: number): Promise<void> {
    await this.database.write([
      sql`insert into waiting (sid, username, ends_at)
        select s.sid, s.username, ${endsAt} from sessions s where s.sid = ${sid}
        on conflict (sid) do update set ends_at = excluded.ends_at where waiting.ends_at < excluded.ends_at`,
    ])
  }

  /** The sessions that wait, on whichever node: one that has ended is not among them. */
  async waiting(): Promise<Uint8Array[]> {
    const rows = await this.database.read<{ sid: Uint8Array }>(sql`select sid from waiting`)
    return rows.map(({ sid }) => sid)
  }

  async leave(sid: Uint8Array): Promise<void> {
    await this.database.write([sql`delete from waiting where sid = ${sid}`])
  }

  async isOnline(username: string, { now, idleSince }: SessionCutoff): Promise<boolean> {
    return this.gives(sql`
      select 1 as one from sessions s
      where s.username = ${username} and s.expires_at > ${now} and s.used_at > ${idleSince}
        and (s.listen_order is not null
          or exists (select 1 from waiting w where w.sid = s.sid and w.ends_at > ${now}))
      limit 1`)
  }

  /** Everybody who is, by name. @param after - those whose name comes after this one. */
  async list({ now, idleSince }: SessionCutoff, after: string, limit: number): Promise<string[]> {
    const rows = await this.database.read<{ username: string }>(sql`
      select distinct s.username from sessions s
      where s.username > ${after} and s.expires_at > ${now} and s.used_at > ${idleSince}
        and (s.listen_order is not null
          or exists (select 1 from waiting w where w.sid = s.sid and w.ends_at > ${now}))
      order by s.username limit ${limit}`)
    return rows.map(({ username }) => username)
  }

  /** Frees the places of those who went without a word. */
  async purge(now: number): Promise<void> {
    await this.database.write([sql`delete from waiting where ends_at <= ${now}`])
  }
}
