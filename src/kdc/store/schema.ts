/** The tables, and how they came to be what they are. */
import { type Database, type Statement, StoreError, sql } from '../../database/database.ts'

/**
 * Each step makes one version of the tables of the one before. A step that was released never changes: what is to be
 * different is another step.
 */
const STEPS: readonly (readonly Statement[])[] = [
  [
    // record: the OPAQUE registration record (RFC 9807 §4.1), which is no login.
    sql`create table if not exists accounts (
      username text primary key,
      record text not null,
      created_at bigint not null
    )`,
  ],
  [
    // What else version 1 had: its sessions, which did not know when they were used, are over.
    sql`drop table if exists sessions`,
    sql`drop table if exists finished_logins`,
    // sealed_token: see at-rest.ts. The last four are null while the session listens nowhere.
    sql`create table sessions (
      sid blob primary key,
      username text not null references accounts (username) on delete cascade,
      sealed_token blob not null,
      address text not null,
      created_at bigint not null,
      used_at bigint not null,
      expires_at bigint not null,
      listen_address text,
      listen_port bigint,
      listen_time bigint,
      listen_order bigint
    )`,
    sql`create index sessions_by_username on sessions (username, listen_order, sid)`,
    sql`create index sessions_by_expiry on sessions (expires_at)`,
    sql`create index sessions_by_use on sessions (used_at)`,
    // username: whom it is for; null for any name. used_by stays until expires_at, so that a lost answer can be given again.
    sql`create table invitations (
      id blob primary key,
      username text unique,
      sealed_token blob not null,
      expires_at bigint not null,
      used_by text
    )`,
    sql`create index invitations_by_expiry on invitations (expires_at)`,
    // What was asked lately and is to be done once, logins too. result: what the answer said.
    sql`create table runs (
      sid blob not null,
      id blob not null,
      run blob not null,
      result bigint not null,
      forget_at bigint not null,
      primary key (sid, id)
    )`,
    sql`create index runs_by_time on runs (forget_at)`,
    // From where which name has logged in lately: hashes, as the names in attempts. full_at: see attempts.ts.
    sql`create table familiar (name text primary key, forget_at bigint not null)`,
    sql`create index familiar_by_time on familiar (forget_at)`,
    sql`create table attempts (name text primary key, full_at bigint not null)`,
    sql`create index attempts_by_time on attempts (full_at)`,
  ],
  [
    // See requests.ts.
    sql`create table positions (one bigint primary key check (one = 1), position bigint not null)`,
    sql`insert into positions (one, position) values (1, 0)`,
    // See requests.ts.
    sql`create table requests (
      username text not null references accounts (username) on delete cascade,
      id blob not null,
      position bigint not null,
      seq bigint not null,
      forget_at bigint not null,
      primary key (username, id)
    )`,
    sql`create index requests_by_time on requests (forget_at)`,
    sql`create table identities (
      username text primary key references accounts (username) on delete cascade,
      signature_key blob not null,
      since bigint not null
    )`,
    // id: of the package's bytes, see identities.ts. signature_key: the identity it was put under. nr: the order of coming.
    sql`create table key_packages (
      username text not null references identities (username) on delete cascade,
      id blob not null,
      signature_key blob not null,
      last_resort bigint not null,
      nr bigint not null,
      package blob not null,
      primary key (username, id)
    )`,
    sql`create index key_packages_in_order on key_packages (username, last_resort, nr)`,
    // name: of a named group that was not destroyed. pair: the two of a direct group which both are in. admin: null in a
    // direct group, and when there is none any more. roster: position of the last change of who is a member.
    sql`create table mls_groups (
      id blob primary key,
      kind text not null,
      name text unique,
      pair text unique,
      admin text,
      creator text,
      epoch bigint not null,
      seq bigint not null,
      roster bigint not null,
      destroyed_at bigint,
      info_bytes bigint not null
    )`,
    sql`create index mls_groups_by_creator on mls_groups (creator, info_bytes)`,
    // Apart, because it is long, and the group's own row changes with every message.
    sql`create table group_infos (
      group_id blob primary key references mls_groups (id) on delete cascade,
      info blob not null
    )`,
    // Who sees which entries: from the first position to the last, both included; last: null while it is a member.
    // in_tree: 1 as long as no commit has removed it, also when it has left.
    sql`create table members (
      group_id blob not null references mls_groups (id) on delete cascade,
      username text not null,
      first bigint not null,
      last bigint,
      in_tree bigint not null,
      primary key (group_id, username, first)
    )`,
    sql`create index members_by_name on members (username, group_id)`,
    sql`create index members_by_end on members (group_id, last)`,
    // One for all who see it. bytes: of payload, welcome and names together. The long ones are last, where they are in no other's way.
    sql`create table entries (
      position bigint primary key,
      group_id blob not null references mls_groups (id) on delete cascade,
      seq bigint not null,
      epoch bigint not null,
      sender text not null,
      kind text not null,
      stored_at bigint not null,
      bytes bigint not null,
      added text not null,
      removed text not null,
      payload blob not null,
      welcome blob
    )`,
    sql`create index entries_by_group on entries (group_id, position, bytes)`,
    sql`create index entries_by_sender on entries (sender, bytes)`,
    sql`create index entries_by_time on entries (stored_at)`,
    // acked: everything up to there is safe with its receiver.
    sql`create table mailboxes (
      username text primary key references accounts (username) on delete cascade,
      acked bigint not null
    )`,
    // Which sessions wait for mail, on whichever node. See sessions.ts.
    sql`create table waiting (
      sid blob primary key references sessions (sid) on delete cascade,
      username text not null,
      ends_at bigint not null
    )`,
    sql`create index waiting_by_name on waiting (username, ends_at)`,
    sql`create index waiting_by_time on waiting (ends_at)`,
  ],
  [
    // What was once in `runs` is in `requests` now, of sessions that there are still: no other could send it again. result: a
    // position, or how many.
    sql`alter table requests rename column position to result`,
    sql`insert into requests (username, id, result, seq, forget_at)
      select s.username, r.id, r.result, 0, r.forget_at from runs r, sessions s
      where r.sid = s.sid and length(r.id) > 0 on conflict do nothing`,
    sql`drop table runs`,
    // Keys that were a principal's identity, and are it no more. position: when another took the place.
    sql`create table earlier_identities (
      username text not null references identities (username) on delete cascade,
      signature_key blob not null,
      position bigint not null,
      primary key (username, signature_key)
    )`,
    // bytes: of all chunks together. missing: how many of them are not there yet. position: of its beginning. sender: null when
    // the account is gone.
    sql`create table files (
      id blob primary key,
      group_id blob not null references mls_groups (id) on delete cascade,
      sender text,
      bytes bigint not null,
      missing bigint not null,
      position bigint not null,
      begun_at bigint not null
    )`,
    sql`create index files_by_group on files (group_id, position, bytes)`,
    sql`create index files_by_sender on files (sender, begun_at, bytes)`,
    sql`create index files_by_time on files (begun_at)`,
    sql`create table file_chunks (
      file_id blob not null references files (id) on delete cascade,
      nr bigint not null,
      chunk blob not null,
      primary key (file_id, nr)
    )`,
  ],
  [
    // put_at: unknown of those that were there before; their owners make new ones.
    sql`alter table key_packages add column put_at bigint not null default 0`,
    sql`create index key_packages_by_time on key_packages (last_resort, put_at)`,
  ],
  [
    // Whose the group info is: who made the group, or changed it last; null when that account is gone.
    sql`alter table mls_groups add column info_by text`,
    sql`update mls_groups set info_by = creator`,
    sql`create index mls_groups_by_info on mls_groups (info_by, info_bytes)`,
  ],
  [
    // The code of the problem by which it was refused; null for what was accepted.
    sql`alter table requests add column refusal text`,
  ],
  [
    // listen_since: when the receiver began; of those that were there before, it keeps their order. listen_until: when its lease
    // ends; null: with its session.
    sql`alter table sessions add column listen_since bigint`,
    sql`alter table sessions add column listen_until bigint`,
    sql`update sessions set listen_since = (
      select max(s.created_at) from sessions s
      where s.username = sessions.username and s.listen_order <= sessions.listen_order
    ) where listen_order is not null`,
    sql`drop index sessions_by_username`,
    sql`create index sessions_by_username on sessions (username, listen_since, listen_order, sid)`,
  ],
]

/** Goes up when the tables change: an older program must not touch them then. */
export const SCHEMA_VERSION = STEPS.length

/**
 * Brings the tables to this version. Any number of processes may do so at once.
 *
 * @throws StoreError `store_newer` when a later version of the program made them.
 */
export async function prepareSchema(database: Database): Promise<void> {
  await database.write([
    sql`create table if not exists schema_version (one bigint primary key check (one = 1), version bigint not null)`,
    sql`insert into schema_version (one, version) values (1, 0) on conflict do nothing`,
  ])
  for (let version = await versionOf(database); version < SCHEMA_VERSION; version++) {
    try {
      await database.write([claim(version), ...(STEPS[version] ?? [])])
    } catch (error) {
      // Another process may have been here in the meantime.
      if ((await versionOf(database)) <= version) throw error
    }
  }
}

// In the same transaction as the step. Where the step was made already this writes null, which `version bigint not null` refuses,
// and with it the whole transaction.
const claim = (from: number): Statement => sql`
  update schema_version set version = case when version = ${from} then version + 1 else null end`

async function versionOf(database: Database): Promise<number> {
  const [row] = await database.read(sql`select version from schema_version`)
  const version = Number(row?.version)
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      'store_newer',
      `the database has version ${version} of the tables, this program knows ${SCHEMA_VERSION}: use the newer program`,
    )
  }
  return version
}
