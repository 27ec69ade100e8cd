/**
 * The tables.
 *
 * @module
 */
import { type Database, type Statement, StoreError, sql } from './database.ts'

/** Goes up when the tables change in a way that an older program must not touch. */
export const SCHEMA_VERSION = 1

const TABLES: readonly Statement[] = [
  // record: the OPAQUE registration record (RFC 9807 §4.1), from which nobody logs in.
  sql`create table if not exists accounts (
    username text primary key,
    record text not null,
    created_at bigint not null
  )`,
  // sealed_token: see stored-token.ts. The last four are null while the session listens nowhere.
  sql`create table if not exists sessions (
    sid blob primary key,
    username text not null references accounts (username) on delete cascade,
    sealed_token blob not null,
    expires_at bigint not null,
    listen_address text,
    listen_port bigint,
    listen_time bigint,
    listen_order bigint
  )`,
  // Logins that are finished, each of which can be finished once.
  sql`create table if not exists finished_logins (id blob primary key, forget_at bigint not null)`,
  sql`create index if not exists finished_logins_by_time on finished_logins (forget_at)`,
  sql`create index if not exists sessions_by_username on sessions (username, listen_order, sid)`,
  sql`create index if not exists sessions_by_expiry on sessions (expires_at)`,
]

/**
 * Makes the tables where there are none yet. Any number of processes may do so at once.
 *
 * @throws StoreError `store_newer` when a later version of the program made them.
 */
export async function prepareSchema(database: Database): Promise<void> {
  const [, , rows] = await database.write([
    sql`create table if not exists schema_version (one bigint primary key check (one = 1), version bigint not null)`,
    sql`insert into schema_version (one, version) values (1, ${SCHEMA_VERSION}) on conflict do nothing`,
    sql`select version from schema_version`,
  ])
  const version = Number(rows?.[0]?.version)
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      'store_newer',
      `the database has version ${version} of the tables, this program knows ${SCHEMA_VERSION}: use the newer program`,
    )
  }
  await database.write(TABLES)
}
