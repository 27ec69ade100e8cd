/**
 * The tables, and how they came to be what they are.
 *
 * @module
 */
import { type Database, type Statement, StoreError, sql } from '../../database/database.ts'

/**
 * Each step makes one version of the tables of the one before. A step that was released never changes: what is to be
 * different is another step.
 */
const STEPS: readonly (readonly Statement[])[] = [
  [
    // record: the OPAQUE registration record (RFC 9807 §4.1), from which nobody logs in.
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
    // sealed_token: see stored-token.ts. The last four are null while the session listens nowhere.
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
    // username: whom it is for; null for anybody. used_by stays until expires_at, so that a lost answer can be given again.
    sql`create table invitations (
      id blob primary key,
      username text unique,
      sealed_token blob not null,
      expires_at bigint not null,
      used_by text
    )`,
    sql`create index invitations_by_expiry on invitations (expires_at)`,
    // What was asked lately and is to be done once, logins too: see once.ts. result: what the answer said.
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
