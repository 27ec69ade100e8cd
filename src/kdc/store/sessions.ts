/**
 * Who has logged in, where they can be reached, and who can be reached now: whose session accepts channels, or waits for mail, on
 * whichever node.
 *
 * A session is over when it has expired, or was not used for as long as the KDC allows. Such a one is never acted on;
 * `purge` only frees its place.
 */
import { required, type Statement, sql } from '../../database/database.ts'
import type { Clock } from '../../lib/clock.ts'
import { type Forgiveness, forgiveStatements } from './attempts.ts'
import { answerTo, claim, type RequestKey, toAccepted } from './requests.ts'
import { StorePart } from './store-part.ts'

export interface Endpoint {
  /** IPv4 or IPv6, as the KDC saw it. */
  readonly address: string
  readonly port: number
}

export interface StoredSession {
  /** 16 bytes, `sessionId(token)`. */
  readonly sid: Uint8Array
  readonly username: string
  /** See at-rest.ts. */
  readonly sealedToken: Uint8Array
  readonly address: string
  readonly createdAt: number
  /** When it was last used, give or take what `touch` leaves out. */
  readonly usedAt: number
  readonly expiresAt: number
}

interface ListedSession extends StoredSession {
  readonly endpoint?: Endpoint
}

/** A receiver of a principal that can be reached now. */
export interface Listener extends Endpoint {
  readonly sid: Uint8Array
  /** When it began, Unix seconds: the one that began last is reached. */
  readonly since: number
  /** When its lease ends, unless it says so again; none: with its session. */
  readonly until?: number
}

/** What a receiver says of itself, besides where it is. */
export interface Lease {
  /** For how long it is reached, if it says nothing more. Default: as long as its session lasts. */
  readonly leaseSec?: number | undefined
  /** When it began, by its own word. Default: the present. */
  readonly since?: number | undefined
}

/** Which sessions are not over: those that expire after `now` and were used after `idleSince`. */
export interface SessionCutoff {
  readonly now: number
  readonly idleSince: number
}

/** What is purged: sessions that are over, and what was stored at `keepSince`, Unix seconds, or before. */
export interface PurgeCutoff extends SessionCutoff {
  readonly keepSince: number
}

/** What of a KDC is needed here: context.ts says more of each. */
export interface SessionSettings {
  readonly clock: Clock
  readonly sessionIdleSec: number
}

/** A use is written down only when the last one is this old, or a tenth of the idle time: that it is known roughly will do. */
const TOUCH_SEC = 60

export function cutoff({ clock, sessionIdleSec }: SessionSettings): SessionCutoff {
  const now = clock()
  return { now, idleSince: now - sessionIdleSec }
}

export function purgeCutoff(kdc: SessionSettings & { readonly keepSec: number }): PurgeCutoff {
  const { now, idleSince } = cutoff(kdc)
  return { now, idleSince, keepSince: now - kdc.keepSec }
}

export function isOver({ expiresAt, usedAt }: StoredSession, { now, idleSince }: SessionCutoff): boolean {
  return expiresAt <= now || usedAt <= idleSince
}

export async function noteUse(
  kdc: SessionSettings & { readonly store: { readonly sessions: Pick<Sessions, 'touch'> } },
  { sid, usedAt }: StoredSession,
): Promise<void> {
  const now = kdc.clock()
  const pause = Math.min(TOUCH_SEC, kdc.sessionIdleSec / 10)
  if (now - usedAt >= pause) await kdc.store.sessions.touch(sid, now)
}

interface ListedRow extends StoredSession {
  readonly listenAddress: string | null
  readonly listenPort: number | null
  readonly listenUntil: number | null
}

const SESSIONS = sql`select sid, username, sealed_token as "sealedToken", address, created_at as "createdAt",
  used_at as "usedAt", expires_at as "expiresAt"`
const LISTED = sql`${SESSIONS}, listen_address as "listenAddress", listen_port as "listenPort",
  listen_until as "listenUntil"`

function toListed(
  { listenAddress, listenPort, listenUntil, ...session }: ListedRow,
  now: number,
): ListedSession {
  if (listenAddress === null || listenPort === null) return session
  if (listenUntil !== null && listenUntil <= now) return session
  return { ...session, endpoint: { address: listenAddress, port: listenPort } }
}

/** A principal has so many sessions at most: the one that was not used for longest gives way, one that listens last of all. */
export const MAX_SESSIONS = 100
/** Stands for the time of what came without a seal: it cannot be told from what was said later, and is heeded. */
const UNSEALED = -1
const NO_ID = new Uint8Array(0)

const makeRoomStatement = (username: string, newest: Uint8Array, now: number): Statement => sql`
  delete from sessions where username = ${username} and sid <> ${newest} and sid not in (
    select sid from sessions where username = ${username} and sid <> ${newest}
    order by case when listen_order is null or listen_until <= ${now} then 1 else 0 end, used_at desc, sid
    limit ${MAX_SESSIONS - 1}
  )`

// Of a principal's receivers the one that began last is reached; of those that began in one second, which a receiver that does not say
// when it began always does, the one with the highest listen_order, which said last where it listens. Counting beats the clock: two logins
// in one second have an order too. Where it listens already, its place in the order stays.
//
// A sealed request has a time. One that comes late, because an attacker held it back or sends it again, must not undo what any
// session of the principal has said since: then it changes nothing. In one second the session's own last one counts, whose order the
// times do not tell: one that came before is known by its id. A request that says when its receiver began takes the place of no
// receiver that began later: only what its own session has said since counts against it.
function listenStatements(
  sid: Uint8Array,
  { address, port }: Endpoint,
  time: number,
  now: number,
  { leaseSec, since }: Lease = {},
): Statement[] {
  const until = leaseSec === undefined ? null : now + leaseSec
  // What comes from a clock that is ahead must not be the last one until that time has come.
  const begun = since === undefined ? -1 : Math.min(since, now)
  return [
    sql`
  update sessions set
    listen_address = ${address},
    listen_port = ${port},
    listen_time = case when ${time} < 0 then listen_time else ${time} end,
    listen_until = ${until},
    listen_since = case when ${begun} >= 0 then ${begun} else (
      select case when max(s.listen_since) > ${now} then max(s.listen_since) else ${now} end
      from sessions s where s.username = sessions.username
    ) end,
    listen_order = (
      select coalesce(max(s.listen_order), 0) + 1 from sessions s where s.username = sessions.username
    )
  where sid = ${sid} and (
    listen_order is null or listen_address <> ${address} or listen_port <> ${port}
  ) and (${time} < 0 or not exists (
    select 1 from sessions s where s.username = sessions.username and (${begun} < 0 or s.sid = ${sid})
      and (s.listen_time > ${time} or (s.listen_time = ${time} and s.sid <> ${sid}))
  ))
  returning sid`,
    sql`
  update sessions set
    listen_time = case when ${time} < 0 then listen_time else ${time} end,
    listen_until = ${until},
    listen_since = case when ${begun} >= 0 then ${begun} else listen_since end
  where sid = ${sid} and listen_address = ${address} and listen_port = ${port}
    and (${time} < 0 or listen_time is null or listen_time < ${time})`,
  ]
}

/** In the order in which they are chosen. */
const listenersOf = (username: string, { now, idleSince }: SessionCutoff): Statement => sql`sessions
  where username = ${username} and listen_order is not null and (listen_until is null or listen_until > ${now})
    and expires_at > ${now} and used_at > ${idleSince}
  order by listen_since desc, listen_order desc, sid desc`

export class Sessions extends StorePart {
  /**
   * Begins a session, unless the account was deleted or its password changed since the caller read `record`: who knew
   * the old password while it was being replaced must not come in by it.
   *
   * @param options.login - the login that this finishes; the second time there is no session.
   * @param options.endpoint - where the session listens, if it does.
   * @param options.forgive - the tries that the password has shown to be none.
   * @returns whether it was begun.
   */
  async begin(
    session: Omit<StoredSession, 'usedAt'>,
    record: string,
    options: {
      readonly login?: Pick<RequestKey, 'id' | 'forgetAt'> | undefined
      readonly endpoint?: Endpoint | undefined
      readonly forgive?: Forgiveness
    } = {},
  ): Promise<boolean> {
    const { sid, username, sealedToken, address, createdAt, expiresAt } = session
    const { login, endpoint, forgive } = options
    const known = sql`accounts where username = ${username} and record = ${record}`
    const done = await this.database.write([
      login ? claim({ ...login, username }, sql`0, 0`, known) : required(sql`select username from ${known}`),
      required(sql`insert into sessions (sid, username, sealed_token, address, created_at, used_at, expires_at)
        values (${sid}, ${username}, ${sealedToken}, ${address}, ${createdAt}, ${createdAt}, ${expiresAt})
        on conflict do nothing returning sid`),
      makeRoomStatement(username, sid, createdAt),
      ...(forgive ? forgiveStatements(forgive) : []),
      ...(endpoint ? listenStatements(sid, endpoint, UNSEALED, createdAt) : []),
    ])
    return done.length > 0
  }

  /** The session of this id, be it over or not. */
  async find(sid: Uint8Array): Promise<StoredSession | undefined> {
    return this.one(sql`${SESSIONS} from sessions where sid = ${sid}`)
  }

  /** A principal's sessions, the oldest first. */
  async list(username: string, { now, idleSince }: SessionCutoff): Promise<ListedSession[]> {
    const rows = await this.database.read<ListedRow>(sql`${LISTED}
      from sessions where username = ${username} and expires_at > ${now} and used_at > ${idleSince}
      order by created_at, sid`)
    return rows.map((row) => toListed(row, now))
  }

  async touch(sid: Uint8Array, now: number): Promise<void> {
    await this.change(sql`update sessions set used_at = ${now} where sid = ${sid} and used_at < ${now}`)
  }

  /**
   * The session listens here from now on, or until its lease ends. Saying the same again makes the lease longer, and changes nothing
   * else: a heartbeat takes no other session's place.
   *
   * @param said.sealed - when it was said, Unix seconds, if it was said under seal: what is older than the newest of this principal's is not
   *   heeded; and the request, by which one that came before is known.
   * @returns whether it is news.
   */
  async listen(
    sid: Uint8Array,
    endpoint: Endpoint,
    now: number,
    said: Lease & {
      readonly sealed?: { readonly time: number; readonly request: RequestKey } | undefined
    } = {},
  ): Promise<boolean> {
    const { sealed } = said
    if (!sealed) {
      const [news] = await this.database.write(listenStatements(sid, endpoint, UNSEALED, now, said))
      return news?.length === 1
    }
    const { time, request } = sealed
    // First: a time that was ahead of the KDC's clock counts as the present, and so as later each time that a copy comes.
    const [, news] = await this.database.write([
      claim(request, sql`0, 0`, sql`sessions where sid = ${sid}`),
      ...listenStatements(sid, endpoint, time, now, said),
    ])
    return news?.length === 1
  }

  /** The session at which a principal is reached, if it is. */
  async findListener(username: string, cutoff: SessionCutoff): Promise<Required<ListedSession> | undefined> {
    const row = await this.one<ListedRow>(sql`${LISTED} from ${listenersOf(username, cutoff)} limit 1`)
    return row && (toListed(row, cutoff.now) as Required<ListedSession>)
  }

  /** The receivers of a principal, the one that is reached first. */
  async listeners(username: string, cutoff: SessionCutoff): Promise<Listener[]> {
    const rows = await this.database.read<Required<Omit<Listener, 'until'>> & { until: number | null }>(sql`
      select sid, listen_address as address, listen_port as port, listen_since as since, listen_until as until
      from ${listenersOf(username, cutoff)}`)
    return rows.map(({ until, ...listener }) => ({ ...listener, ...(until !== null && { until }) }))
  }

  /** The session is over; its token is worth nothing from now on. */
  async end(sid: Uint8Array): Promise<void> {
    await this.change(sql`delete from sessions where sid = ${sid}`)
  }

  /** Ends all of one principal. @returns how many there were. */
  async endOf(username: string): Promise<number> {
    return this.change(sql`delete from sessions where username = ${username} returning sid`)
  }

  /**
   * Ends sessions of one principal, by a request of one of them.
   *
   * @param sid - the one that asks.
   * @param which - the one to end. Default: all but the one that asks.
   * @returns how many there were, when the request first came.
   */
  async endBy(request: RequestKey, sid: Uint8Array, which?: Uint8Array): Promise<number> {
    const { username } = request
    const others = which === undefined ? 1 : 0
    const those = sql`sessions where username = ${username}
      and (sid = ${which ?? NO_ID} or (${others} = 1 and sid <> ${sid}))`
    const [claimed] = await this.database.write([
      claim(request, sql`(select count(*) from ${those}), 0`, sql`accounts where username = ${username}`),
      sql`delete from ${those}`,
    ])
    const answer = claimed ? toAccepted(claimed) : await answerTo(this.database, request)
    return answer?.position ?? 0
  }

  async endAll(): Promise<number> {
    return this.change(sql`delete from sessions returning sid`)
  }

  /**
   * Frees the places of sessions that are over.
   *
   * @param limit - how many of each at most, so that one call never takes long.
   * @returns how many sessions, and whether there may be more.
   */
  async purge(
    { now, idleSince }: SessionCutoff,
    limit: number,
  ): Promise<{ sessions: number; more: boolean }> {
    const [expired = [], idle = []] = await this.database.write([
      sql`delete from sessions where sid in (select sid from sessions where expires_at <= ${now} limit ${limit})
        returning sid`,
      sql`delete from sessions where sid in (select sid from sessions where used_at <= ${idleSince} limit ${limit})
        returning sid`,
    ])
    const more = expired.length >= limit || idle.length >= limit
    return { sessions: expired.length + idle.length, more }
  }
}

/** Whether a session, `s`, listens or waits. */
const isOnline = ({ now, idleSince }: SessionCutoff): Statement => sql`
  s.expires_at > ${now} and s.used_at > ${idleSince} and (
    (s.listen_order is not null and (s.listen_until is null or s.listen_until > ${now}))
    or exists (select 1 from waiting w where w.sid = s.sid and w.ends_at > ${now}))`

export class Online extends StorePart {
  /** A session waits, at least until then, if nothing else is said. */
  async wait(sid: Uint8Array, endsAt: number): Promise<void> {
    await this.change(sql`
      insert into waiting (sid, username, ends_at)
      select s.sid, s.username, ${endsAt} from sessions s where s.sid = ${sid}
      on conflict (sid) do update set ends_at = excluded.ends_at where waiting.ends_at < excluded.ends_at`)
  }

  /** The sessions that wait, on whichever node: one that has ended is not among them. */
  async waiting(): Promise<Uint8Array[]> {
    return (await this.database.read<{ sid: Uint8Array }>(sql`select sid from waiting`)).map(({ sid }) => sid)
  }

  async leave(sid: Uint8Array): Promise<void> {
    await this.change(sql`delete from waiting where sid = ${sid}`)
  }

  async isOnline(username: string, cutoff: SessionCutoff): Promise<boolean> {
    return this.gives(sql`
      select 1 as one from sessions s where s.username = ${username} and ${isOnline(cutoff)} limit 1`)
  }

  /** The principals that are online, by name. @param after - those whose name comes after this one. */
  async list(cutoff: SessionCutoff, after: string, limit: number): Promise<string[]> {
    const rows = await this.database.read<{ username: string }>(sql`
      select distinct s.username from sessions s where s.username > ${after} and ${isOnline(cutoff)}
      order by s.username limit ${limit}`)
    return rows.map(({ username }) => username)
  }

  /** Frees the places of those who went without a word. */
  async purge(now: number): Promise<void> {
    await this.change(sql`delete from waiting where ends_at <= ${now}`)
  }
}
