/** How a database of an earlier version becomes one of this. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Database, sql } from '../../../src/database/database.ts'
import { openSqlite } from '../../../src/database/sqlite.ts'
import { prepareSchema, SCHEMA_VERSION } from '../../../src/kdc/store/schema.ts'
import { Store } from '../../../src/kdc/store/store.ts'
import { START, temporaryDirectory } from '../../helpers/kdc.ts'
import { nodeArguments } from '../../helpers/program.ts'
import { rejects } from '../../helpers/throws.ts'

const schema = suite('schema')

const directory = temporaryDirectory()
process.on('exit', () => directory.remove())
let files = 0
const newFile = () => join(directory.path, `${files++}.sqlite`)

const account = (username: string) => ({ username, record: `record of ${username}`, createdAt: START })
const ACCOUNTS = ['__proto__', 'alice', 'bob'].map(account)

/** The tables of version 1, with accounts, a session of alice's that listens, and a finished login. */
async function makeVersion1(database: Database): Promise<Database> {
  await database.write([
    sql`create table schema_version (one bigint primary key check (one = 1), version bigint not null)`,
    sql`insert into schema_version (one, version) values (1, 1)`,
    sql`create table accounts (username text primary key, record text not null, created_at bigint not null)`,
    sql`create table sessions (
      sid blob primary key,
      username text not null references accounts (username) on delete cascade,
      sealed_token blob not null,
      expires_at bigint not null,
      listen_address text,
      listen_port bigint,
      listen_time bigint,
      listen_order bigint
    )`,
    sql`create table finished_logins (id blob primary key, forget_at bigint not null)`,
    sql`create index finished_logins_by_time on finished_logins (forget_at)`,
    sql`create index sessions_by_username on sessions (username, listen_order, sid)`,
    sql`create index sessions_by_expiry on sessions (expires_at)`,
    ...ACCOUNTS.map(
      ({ username, record, createdAt }) =>
        sql`insert into accounts (username, record, created_at) values (${username}, ${record}, ${createdAt})`,
    ),
    sql`insert into sessions (sid, username, sealed_token, expires_at, listen_address, listen_port, listen_order)
      values (${new Uint8Array(16).fill(1)}, 'alice', ${Uint8Array.of(1)}, ${START + 100}, '192.0.2.7', 4444, 1)`,
    sql`insert into finished_logins (id, forget_at) values (${Uint8Array.of(9)}, ${START + 900})`,
  ])
  return database
}

const session = (n: number) => ({
  sid: new Uint8Array(16).fill(n),
  username: 'alice',
  sealedToken: Uint8Array.of(1, 2, 3),
  address: '192.0.2.1',
  createdAt: START,
  expiresAt: START + 100,
})

/** What the database consists of: every table and index with the text that made it. */
const structure = (database: Database) =>
  database.read(
    sql`select type, name, tbl_name, sql from sqlite_master where name not like 'sqlite_%' order by type, name`,
  )

const versionOf = async (database: Database) =>
  (await database.read(sql`select version from schema_version`)).map(({ version }) => Number(version))

/** Everything that the KDC keeps can be kept. */
async function works(store: Store): Promise<void> {
  const endpoint = { address: '192.0.2.7', port: 4444 }
  assert.is(await store.sessions.begin(session(2), 'record of alice', { endpoint }), true)
  const cutoff = { now: START, idleSince: START - 1 }
  assert.equal((await store.sessions.findListener('alice', cutoff))?.endpoint, endpoint)
  const invitation = { id: Uint8Array.of(5), sealedToken: Uint8Array.of(1), expiresAt: START + 10 }
  await store.invitations.add([invitation])
  assert.is(await store.invitations.accept(invitation.id, account('dora')), true)
  assert.is(await store.attempts.take([{ name: 'x', burst: 1, intervalSec: 5 }], START), 0)
  assert.is(await store.attempts.take([{ name: 'x', burst: 1, intervalSec: 5 }], START), 5)
  await store.accounts.delete('alice')
  assert.is(await store.sessions.find(session(2).sid), undefined, 'an account takes its sessions with it')
}

schema('a database of version 1 keeps its accounts; its sessions are over', async () => {
  const database = await makeVersion1(openSqlite(':memory:'))
  const store = await Store.open(database)
  assert.equal(await versionOf(database), [SCHEMA_VERSION])
  assert.equal(await store.accounts.list(), ACCOUNTS)
  assert.is(await store.sessions.endAll(), 0)
  assert.equal(await store.invitations.list(START), [])
  await works(store)
})

schema('what version 3 has done once is done: by requests of sessions that there are', async () => {
  const database = openSqlite(':memory:')
  const store = await Store.open(database)
  await store.accounts.create(account('alice'))
  await store.sessions.begin(session(2), 'record of alice')
  const id = (n: number) => new Uint8Array(16).fill(n)
  const key = (n: number) => ({ username: 'alice', id: id(n), forgetAt: START + 900 })
  const run = (
    n: number,
    sid: Uint8Array,
    result: number,
  ) => sql`insert into runs (sid, id, run, result, forget_at)
    values (${sid}, ${id(n)}, ${id(0)}, ${result}, ${START + 900})`
  await database.write([
    sql`drop table file_chunks`,
    sql`drop table files`,
    sql`drop table earlier_identities`,
    sql`drop index mls_groups_by_info`,
    sql`alter table mls_groups drop column info_by`,
    sql`drop index key_packages_by_time`,
    sql`alter table key_packages drop column put_at`,
    sql`alter table requests drop column refusal`,
    sql`drop index sessions_by_username`,
    sql`create index sessions_by_username on sessions (username, listen_order, sid)`,
    sql`alter table sessions drop column listen_since`,
    sql`alter table sessions drop column listen_until`,
    sql`alter table requests rename column result to position`,
    sql`create table runs (
      sid blob not null, id blob not null, run blob not null, result bigint not null, forget_at bigint not null,
      primary key (sid, id)
    )`,
    sql`insert into requests (username, id, position, seq, forget_at) values ('alice', ${id(7)}, 12, 3, ${START})`,
    run(8, session(2).sid, 5),
    run(9, session(3).sid, 6),
    sql`update schema_version set version = 3`,
  ])
  const upgraded = await Store.open(database)
  assert.equal(await upgraded.requests.find(key(7)), { position: 12, seq: 3, refusal: null })
  assert.is(await upgraded.sessions.endBy(key(8), session(2).sid, session(2).sid), 5, 'the answer again')
  assert.ok(await upgraded.sessions.find(session(2).sid))
  assert.is(await upgraded.requests.find(key(9)), undefined)
  const fresh = openSqlite(':memory:')
  await prepareSchema(fresh)
  const names = async (of: Database) => (await structure(of)).map(({ name }) => name)
  assert.equal(await names(database), await names(fresh))
})

schema('those that listened before are there as long as their sessions, in the order of before', async () => {
  const database = openSqlite(':memory:')
  const store = await Store.open(database)
  await store.accounts.create(account('alice'))
  // Created at, and when of all it said last where it listens.
  const listeners = [
    [2, START + 30, 1],
    [3, START, 3],
    [4, START + 10, 2],
  ] as const
  for (const [n, createdAt, order] of listeners) {
    const endpoint = { address: '192.0.2.7', port: 4440 + n }
    await store.sessions.begin({ ...session(n), createdAt }, 'record of alice', { endpoint })
    await database.write([sql`update sessions set listen_order = ${order} where sid = ${session(n).sid}`])
  }
  await store.sessions.begin(session(5), 'record of alice')
  await database.write([
    sql`drop index sessions_by_username`,
    sql`create index sessions_by_username on sessions (username, listen_order, sid)`,
    sql`alter table sessions drop column listen_since`,
    sql`alter table sessions drop column listen_until`,
    sql`update schema_version set version = 7`,
  ])
  const upgraded = await Store.open(database)
  const reached = async () =>
    (await upgraded.sessions.listeners('alice', { now: START + 99, idleSince: 0 })).map(({ port, until }) => [
      port,
      until,
    ])
  assert.equal(await reached(), [
    [4443, undefined],
    [4444, undefined],
    [4442, undefined],
  ])
  await upgraded.sessions.listen(session(5).sid, { address: '192.0.2.7', port: 4445 }, START + 99)
  assert.equal((await reached())[0], [4445, undefined])
})

schema('it is the same then as one that was made today', async () => {
  const [old, fresh] = [await makeVersion1(openSqlite(':memory:')), openSqlite(':memory:')]
  await prepareSchema(old)
  await prepareSchema(fresh)
  const words = (text: unknown) =>
    String(text)
      .replace(/if not exists /, '')
      .replace(/\s+/g, ' ')
  const spelled = async (database: Database) =>
    (await structure(database)).map(({ type, name, sql: text }) =>
      `${type} ${name}: ${words(text)}`.replace(/\( /g, '(').replace(/ \)/g, ')'),
    )
  assert.equal(await spelled(old), await spelled(fresh))
  assert.equal(await versionOf(old), await versionOf(fresh))
})

schema('a database of this version is left as it is', async () => {
  const database = openSqlite(':memory:')
  const store = await Store.open(database)
  await store.accounts.create(account('alice'))
  await store.sessions.begin(session(2), 'record of alice')
  const before = await structure(database)
  const again = await Store.open(database)
  assert.equal(await structure(database), before)
  assert.ok(await again.sessions.find(session(2).sid))
})

schema('one whose making was interrupted before the first step is made whole', async () => {
  const database = openSqlite(':memory:')
  await database.write([
    sql`create table schema_version (one bigint primary key check (one = 1), version bigint not null)`,
    sql`insert into schema_version (one, version) values (1, 0)`,
  ])
  const store = await Store.open(database)
  await store.accounts.create(account('alice'))
  assert.equal(await versionOf(database), [SCHEMA_VERSION])
  await works(store)
})

schema('one of a later version is refused and not touched', async () => {
  for (const ahead of [1, 2, 1000]) {
    const database = await makeVersion1(openSqlite(':memory:'))
    await database.write([sql`update schema_version set version = ${SCHEMA_VERSION + ahead}`])
    const before = await structure(database)
    await rejects(Store.open(database), 'store_newer')
    assert.equal(await structure(database), before)
    assert.equal(await versionOf(database), [SCHEMA_VERSION + ahead])
  }
})

schema('a step that fails leaves the old version whole', async () => {
  const database = await makeVersion1(openSqlite(':memory:'))
  // In the way of the last things that the step to version 2 makes.
  await database.write([sql`create table attempts (something text)`])
  const before = await structure(database)
  await rejects(Store.open(database), 'store_unavailable')
  assert.equal(await structure(database), before)
  assert.equal(await versionOf(database), [1])
  assert.is((await database.read(sql`select sid from sessions`)).length, 1)
  // And when the obstacle is gone, it is made.
  await database.write([sql`drop table attempts`])
  assert.equal(await (await Store.open(database)).accounts.list(), ACCOUNTS)
})

schema('any number of handles bring it up at once', async () => {
  for (const make of [makeVersion1, async (database: Database) => database]) {
    const path = newFile()
    await (await make(openSqlite(path))).close()
    const databases = Array.from({ length: 8 }, () => openSqlite(path))
    const stores = await Promise.all(databases.map((database) => Store.open(database)))
    for (const database of databases) assert.equal(await versionOf(database), [SCHEMA_VERSION])
    const before = (await stores[0]?.accounts.list())?.length ?? 0
    await Promise.all(stores.map((store, i) => store.accounts.create(account(`user${i}`))))
    for (const store of stores) assert.is((await store.accounts.list()).length, before + stores.length)
    await Promise.all(stores.map((store) => store.close()))
  }
})

schema('of those who come late, none makes a step again', async () => {
  const path = newFile()
  await (await makeVersion1(openSqlite(path))).close()
  const real = openSqlite(path)
  let overtaken = false
  // Another process makes the step between our look at the version and our own try.
  const slow: Database = {
    read: (statement) => real.read(statement),
    write: async (statements) => {
      if (!overtaken && statements.length > 2) {
        overtaken = true
        const other = openSqlite(path)
        const store = await Store.open(other)
        await store.sessions.begin(session(2), 'record of alice')
        await store.close()
      }
      return real.write(statements)
    },
    close: () => real.close(),
  }
  const store = await Store.open(slow)
  assert.ok(overtaken)
  assert.ok(await store.sessions.find(session(2).sid), 'what the other has written since is there')
  assert.equal(await versionOf(real), [SCHEMA_VERSION])
  await store.close()
})

schema('several processes bring it up at once', async () => {
  const path = newFile()
  await (await makeVersion1(openSqlite(path))).close()
  const script = fileURLToPath(new URL('../../helpers/programs/store-writer.ts', import.meta.url))
  const writers = ['a', 'b', 'c'].map((prefix) =>
    spawn(process.execPath, [...nodeArguments(script), path, prefix], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  await Promise.all(
    writers.map(async (child) => {
      const closed = once(child, 'close')
      let said = 0
      for await (const _ of createInterface({ input: child.stdout })) if (++said === 5) child.kill('SIGKILL')
      assert.ok(said >= 5, 'it has written')
      await closed
    }),
  )
  const store = await Store.open(openSqlite(path))
  const names = (await store.accounts.list()).map(({ username }) => username)
  for (const { username } of ACCOUNTS) assert.ok(names.includes(username))
  await works(store)
  await store.close()
})

schema.run()
