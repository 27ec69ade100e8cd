/**
 * What every store must do, once for each database driver. A third driver joins by a line in `DRIVERS`.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Database, required, sql } from '../../../src/database/database.ts'
import { openSqlite } from '../../../src/database/sqlite.ts'
import { ensurePrivateFile } from '../../../src/files/private-files.ts'
import { SCHEMA_VERSION } from '../../../src/kdc/store/schema.ts'
import type { StoredSession } from '../../../src/kdc/store/sessions.ts'
import { Store } from '../../../src/kdc/store/store.ts'
import { at, START, temporaryDirectory } from '../../helpers/kdc.ts'
import { nodeArguments } from '../../helpers/program.ts'
import { rejects, throws } from '../../helpers/throws.ts'

// The same copy of SQLite as the store's: the locks of two copies in one process do not see each other
// (https://sqlite.org/howtocorrupt.html#_multiple_copies_of_sqlite_linked_into_the_same_application).
const builtin: string = 'node:sqlite'
const hasBuiltin = Number(process.versions.node.split('.')[0]) >= 24
const { DatabaseSync } = (await import(
  hasBuiltin ? builtin : '@photostructure/sqlite'
)) as typeof import('@photostructure/sqlite')

const directory = temporaryDirectory()
process.on('exit', () => directory.remove())
let files = 0
const newFile = () => join(directory.path, `${files++}.sqlite`)

/** Each opens a database that nobody has used before. */
const DRIVERS: Record<string, () => Database> = {
  'sqlite in memory': () => openSqlite(':memory:'),
  'sqlite in a file': () => openSqlite(newFile()),
}

const HERE = { address: '192.0.2.7', port: 4444 }
const THERE = { address: '192.0.2.8', port: 4444 }

/** What bob says under seal, at a time. */
const said = (time: number, id: number) => ({
  time,
  request: { username: 'bob', id: new Uint8Array(16).fill(id), forgetAt: time + 900 },
})

const account = (username: string) => ({ username, record: `record of ${username}`, createdAt: START })

/** A session of bob's, named by its first byte. */
const session = (n: number, expiresAt = START + 100): StoredSession => ({
  sid: new Uint8Array(16).fill(n),
  username: 'bob',
  sealedToken: Uint8Array.of(1, 2, 3, n),
  address: '192.0.2.1',
  createdAt: START,
  usedAt: START,
  expiresAt,
})

/** Forgives nothing. */
const NOTHING = { names: [], oneOf: [], familiar: 'bob at home', forgetAt: START }

/** A request of bob's, named by a byte too. */
const request = (id: number) => ({
  username: 'bob',
  id: new Uint8Array(16).fill(id),
  forgetAt: START + 900,
})

for (const [name, open] of Object.entries(DRIVERS)) {
  const store = suite(`store (${name})`)

  const withBob = async () => {
    const database = open()
    const opened = await Store.open(database)
    await opened.accounts.create(account('bob'))
    return { database, store: opened }
  }

  store('keeps accounts, each name once', async () => {
    const { store } = await withBob()
    await store.accounts.create(account('alice'))
    await rejects(store.accounts.create({ ...account('bob'), record: 'another' }), 'account_exists')
    assert.equal(await store.accounts.find('bob'), account('bob'))
    assert.equal(await store.accounts.list(), [account('alice'), account('bob')])
    assert.is(await store.accounts.find('nobody'), undefined)
  })

  store('of two who make the same account at once, one is refused', async () => {
    const { store } = await withBob()
    const both = [store.accounts.create(account('alice')), store.accounts.create(account('alice'))]
    const results = await Promise.allSettled(both)
    assert.equal(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  })

  store('does nothing of a transaction whose condition does not hold, and all of the others', async () => {
    const { store, database } = await withBob()
    const known = (username: string) =>
      required(sql`select username from accounts where username = ${username}`)
    const rename = sql`update accounts set record = 'changed' where username = 'bob'`
    const [before, after] = await Promise.all([
      database.write([rename, known('nobody')]),
      database.write([known('nobody'), rename]),
    ])
    assert.equal([before, after], [[], []])
    assert.is((await store.accounts.find('bob'))?.record, 'record of bob')
    const [none, all] = await Promise.all([
      database.write([known('nobody'), rename]),
      database.write([known('bob'), rename]),
    ])
    assert.equal([none, all.length, all[0]?.[0]?.username], [[], 2, 'bob'])
    assert.is((await store.accounts.find('bob'))?.record, 'changed')
  })

  store('a statement may have parts, whose values are values too', async () => {
    const { database } = await withBob()
    await database.write([sql`insert into accounts values (${"x' or 1=1"}, 'r', 1)`])
    const named = (name: string) => sql`username = ${name}`
    const find = (one: string, other: string) =>
      sql`select username, ${7} as n from accounts where (${named(one)} or ${named(other)}) and created_at > ${0}`
    const found = await database.read(find("x' or 1=1", 'bob'))
    assert.equal(found.map(({ username, n }) => [username, n]).sort(), [
      ['bob', 7],
      ["x' or 1=1", 7],
    ])
    assert.equal(await database.read(find('nobody', "' or 1=1 --")), [])
    assert.is(find('a', 'b').strings, find('c', 'd').strings, 'prepared once')
  })

  store('takes any text as a value, never as SQL', async () => {
    const { store } = await withBob()
    const username = "x'); drop table accounts; --"
    await store.accounts.create(account(username))
    assert.equal(await store.accounts.find(username), account(username))
    assert.is(await store.accounts.find("' or '1'='1"), undefined)
  })

  store('a new record ends the sessions, and those of nobody else', async () => {
    const { store } = await withBob()
    await store.accounts.create(account('alice'))
    await store.sessions.begin(session(1), 'record of bob')
    await store.sessions.begin({ ...session(2), username: 'alice' }, 'record of alice')
    await store.accounts.replaceRecord('bob', 'new')
    assert.is((await store.accounts.find('bob'))?.record, 'new')
    assert.is(await store.sessions.find(session(1).sid), undefined)
    assert.ok(await store.sessions.find(session(2).sid))
    await rejects(store.accounts.replaceRecord('nobody', 'new'), 'account_unknown')
  })

  store('an account is deleted with its sessions', async () => {
    const { store } = await withBob()
    await store.sessions.begin(session(1), 'record of bob')
    await store.accounts.delete('bob')
    assert.is(await store.accounts.find('bob'), undefined)
    assert.is(await store.sessions.find(session(1).sid), undefined)
    await rejects(store.accounts.delete('bob'), 'account_unknown')
  })

  store('gives a session back as it was made', async () => {
    const { store } = await withBob()
    assert.is(await store.sessions.begin(session(1), 'record of bob', { endpoint: HERE }), true)
    assert.equal(await store.sessions.find(session(1).sid), session(1))
    assert.equal(await store.sessions.findListener('bob', at(START)), { ...session(1), endpoint: HERE })
    assert.is(await store.sessions.find(session(2).sid), undefined)
  })

  store('begins no session for a record that is not the account’s any more', async () => {
    const { store } = await withBob()
    assert.is(await store.sessions.begin(session(1), 'old record', { endpoint: HERE }), false)
    assert.is(await store.sessions.begin({ ...session(1), username: 'nobody' }, 'record of bob'), false)
    assert.is(await store.sessions.find(session(1).sid), undefined)
  })

  store('reaches the session that last said where it listens', async () => {
    const { store } = await withBob()
    const reached = async () => (await store.sessions.findListener('bob', at(START)))?.sid[0]
    await store.sessions.begin(session(1), 'record of bob')
    assert.is(await reached(), undefined)
    await store.sessions.begin(session(2), 'record of bob', { endpoint: HERE })
    await store.sessions.begin(session(3), 'record of bob')
    assert.is(await reached(), 2)
    // All of this in one second of the clock.
    await store.sessions.listen(session(1).sid, HERE, START)
    assert.is(await reached(), 1)
    await store.sessions.listen(session(3).sid, HERE, START)
    assert.is(await reached(), 3)
    await store.sessions.listen(session(2).sid, THERE, START)
    assert.is(await reached(), 2)
    await store.sessions.end(session(2).sid)
    assert.is(await reached(), 3)
  })

  store('a heartbeat changes nothing; another port or address does', async () => {
    const { store } = await withBob()
    await store.sessions.begin(session(1), 'record of bob', { endpoint: HERE })
    await store.sessions.begin(session(2), 'record of bob', { endpoint: HERE })
    assert.is(await store.sessions.listen(session(1).sid, HERE, START), false)
    assert.is((await store.sessions.findListener('bob', at(START)))?.sid[0], 2)
    assert.is(await store.sessions.listen(session(1).sid, { ...HERE, port: 4445 }, START), true)
    assert.is((await store.sessions.findListener('bob', at(START)))?.sid[0], 1)
    assert.is(await store.sessions.listen(session(2).sid, THERE, START), true)
    assert.equal((await store.sessions.findListener('bob', at(START)))?.endpoint, THERE)
  })

  store('two that say so in one turn have an order too', async () => {
    const { store } = await withBob()
    await store.sessions.begin(session(1), 'record of bob')
    await store.sessions.begin(session(2), 'record of bob')
    await Promise.all([
      store.sessions.listen(session(2).sid, HERE, START),
      store.sessions.listen(session(1).sid, HERE, START),
    ])
    assert.is((await store.sessions.findListener('bob', at(START)))?.sid[0], 1)
  })

  store('a session that is over does not listen, nor come back by saying so', async () => {
    const { store } = await withBob()
    await store.sessions.begin(session(1), 'record of bob', { endpoint: HERE })
    await store.sessions.end(session(1).sid)
    assert.is(await store.sessions.listen(session(1).sid, THERE, START), false)
    assert.is(await store.sessions.findListener('bob', at(START)), undefined)
  })

  store('an expired session is reached no more, and an older one is', async () => {
    const { store } = await withBob()
    await store.sessions.begin(session(1, START + 100), 'record of bob', { endpoint: HERE })
    await store.sessions.begin(session(2, START + 50), 'record of bob', { endpoint: HERE })
    assert.is((await store.sessions.findListener('bob', at(START + 49)))?.sid[0], 2)
    assert.is((await store.sessions.findListener('bob', at(START + 50)))?.sid[0], 1)
    assert.is(await store.sessions.findListener('bob', at(START + 100)), undefined)
  })

  store('a login is finished once, and forgotten when it cannot come again', async () => {
    const { store } = await withBob()
    const options = { login: { id: Uint8Array.of(1, 2, 3), forgetAt: START + 180 } }
    assert.is(await store.sessions.begin(session(1), 'record of bob', options), true)
    await store.sessions.end(session(1).sid)
    assert.is(await store.sessions.begin(session(1), 'record of bob', options), false)
    assert.is(await store.sessions.find(session(1).sid), undefined)
    await store.requests.purge(START + 179, 10)
    assert.is(await store.sessions.begin(session(1), 'record of bob', options), false)
    await store.requests.purge(START + 180, 10)
    assert.is(await store.sessions.begin(session(1), 'record of bob', options), true)
  })

  store('a request to listen that comes late does not undo a later one', async () => {
    const { store } = await withBob()
    await store.sessions.begin(session(1), 'record of bob')
    assert.is(await store.sessions.listen(session(1).sid, HERE, START, { sealed: said(START, 1) }), true)
    assert.is(await store.sessions.listen(session(1).sid, THERE, START, { sealed: said(START + 1, 2) }), true)
    for (const copy of [said(START, 1), said(START, 3)]) {
      assert.is(await store.sessions.listen(session(1).sid, HERE, START, { sealed: copy }), false)
    }
    assert.equal((await store.sessions.findListener('bob', at(START)))?.endpoint, THERE)
    assert.is(await store.sessions.listen(session(1).sid, HERE, START, { sealed: said(START + 2, 4) }), true)
  })

  store(
    'of one session, what it says last in a second is heeded, and a copy of what it said before is not',
    async () => {
      const { store } = await withBob()
      const { sid } = session(1)
      await store.sessions.begin(session(1), 'record of bob')
      await store.sessions.begin(session(2), 'record of bob')
      const where = async () => (await store.sessions.findListener('bob', at(START)))?.endpoint
      assert.is(await store.sessions.listen(sid, HERE, START, { sealed: said(START, 1) }), true)
      assert.is(await store.sessions.listen(sid, THERE, START, { sealed: said(START, 2) }), true)
      assert.equal(await where(), THERE)
      for (const id of [1, 2])
        assert.is(await store.sessions.listen(sid, HERE, START, { sealed: said(START, id) }), false)
      assert.equal(await where(), THERE)
      // A heartbeat, too, is known again.
      assert.is(await store.sessions.listen(sid, THERE, START, { sealed: said(START + 1, 3) }), false)
      assert.is(await store.sessions.listen(sid, HERE, START, { sealed: said(START + 1, 4) }), true)
      assert.is(await store.sessions.listen(sid, THERE, START, { sealed: said(START + 1, 3) }), false)
      assert.equal(await where(), HERE)
      assert.is(
        await store.sessions.listen(session(2).sid, THERE, START, { sealed: said(START + 1, 5) }),
        false,
        'another session',
      )
    },
  )

  store('purges what has expired, a little at a time', async () => {
    const { store } = await withBob()
    for (const n of [1, 2, 3]) await store.sessions.begin(session(n, START + 10), 'record of bob')
    await store.sessions.begin(session(4), 'record of bob')
    assert.equal(await store.sessions.purge(at(START + 9), 10), { sessions: 0, more: false })
    assert.equal(await store.sessions.purge(at(START + 10), 2), { sessions: 2, more: true })
    assert.equal(await store.sessions.purge(at(START + 10), 2), { sessions: 1, more: false })
    assert.ok(await store.sessions.find(session(4).sid))
  })

  store('ends sessions by a request once, however often it comes, and says the same', async () => {
    const { store } = await withBob()
    for (const n of [1, 2, 3]) await store.sessions.begin(session(n), 'record of bob')
    assert.is(await store.sessions.endBy(request(7), session(1).sid, session(2).sid), 1)
    await store.sessions.begin(session(4), 'record of bob')
    assert.is(await store.sessions.endBy(request(8), session(1).sid), 2)
    await store.sessions.begin(session(5), 'record of bob')
    assert.is(await store.sessions.endBy(request(8), session(1).sid), 2)
    assert.ok(await store.sessions.find(session(5).sid))
    assert.is(await store.sessions.endBy(request(9), session(1).sid, session(2).sid), 0)
    await store.accounts.delete('bob')
    assert.is(await store.sessions.endBy(request(10), session(1).sid), 0, 'who is no more')
  })

  store('a new record by a request is set once, by a session that lives', async () => {
    const { store } = await withBob()
    for (const n of [1, 2]) await store.sessions.begin(session(n), 'record of bob')
    assert.is(await store.accounts.replaceRecordBy(request(1), session(1).sid, 'one', NOTHING), 'changed')
    assert.is(await store.accounts.replaceRecordBy(request(2), session(1).sid, 'two', NOTHING), 'changed')
    await store.sessions.begin(session(3), 'two')
    assert.is(await store.accounts.replaceRecordBy(request(1), session(1).sid, 'one', NOTHING), 'repeated')
    assert.is((await store.accounts.find('bob'))?.record, 'two')
    assert.ok(await store.sessions.find(session(3).sid))
    assert.is(await store.accounts.replaceRecordBy(request(3), session(2).sid, 'three', NOTHING), undefined)
    assert.is((await store.accounts.find('bob'))?.record, 'two')
  })

  store('requests are forgotten when they cannot come again', async () => {
    const { store, database } = await withBob()
    await store.sessions.begin(session(1), 'record of bob', {
      login: { id: Uint8Array.of(1, 2, 3), forgetAt: START + 900 },
    })
    await store.sessions.endBy(request(1), session(1).sid)
    const count = async () => (await database.read(sql`select id from requests`)).length
    assert.is(await store.requests.purge(START + 899, 10), false)
    assert.is(await count(), 2, 'the login’s too')
    assert.is(await store.requests.purge(START + 900, 1), true)
    assert.is(await store.requests.purge(START + 900, 2), false)
    assert.is(await count(), 0)
  })

  store('ends all sessions of a principal, or everybody’s, and says how many', async () => {
    const { store } = await withBob()
    await store.accounts.create(account('alice'))
    for (const n of [1, 2, 3]) await store.sessions.begin(session(n), 'record of bob')
    await store.sessions.begin({ ...session(4), username: 'alice' }, 'record of alice')
    assert.is(await store.sessions.endBy(request(1), session(1).sid), 2)
    assert.is(await store.sessions.endOf('bob'), 1)
    assert.is(await store.sessions.endOf('bob'), 0)
    assert.ok(await store.sessions.find(session(4).sid))
    await store.sessions.begin(session(5), 'record of bob')
    assert.is(await store.sessions.endAll(), 2)
    assert.is(await store.sessions.find(session(4).sid), undefined)
  })

  store('tells the beginnings of what is sealed and has not expired, each once', async () => {
    const { store } = await withBob()
    const sealed = (n: number) => new Uint8Array(40).fill(n)
    await store.sessions.begin({ ...session(1, START + 1), sealedToken: sealed(1) }, 'record of bob')
    await store.sessions.begin({ ...session(2, START + 2), sealedToken: sealed(1) }, 'record of bob')
    const invitation = { id: Uint8Array.of(1), sealedToken: sealed(2), expiresAt: START + 1 }
    await store.invitations.add([invitation, { ...invitation, id: Uint8Array.of(2), sealedToken: sealed(1) }])
    const prefixes = async (now: number) => (await store.sealPrefixes(now)).map((prefix) => [...prefix])
    assert.equal((await prefixes(START)).sort(), [
      [1, 1, 1, 1, 1],
      [2, 2, 2, 2, 2],
    ])
    assert.equal(await prefixes(START + 1), [[1, 1, 1, 1, 1]])
    assert.equal(await prefixes(START + 2), [])
  })

  store('backs up accounts, and neither sessions nor invitations, to a file that was not there', async () => {
    const { store } = await withBob()
    await store.sessions.begin(session(1), 'record of bob')
    await store.invitations.add([
      { id: Uint8Array.of(1), sealedToken: Uint8Array.of(1), expiresAt: START + 1 },
    ])
    const path = newFile()
    assert.is(await store.backUp(path), true)
    const copy = await Store.open(openSqlite(path))
    assert.equal(await copy.accounts.list(), [account('bob')])
    assert.is(await copy.sessions.endAll(), 0)
    assert.equal(await copy.invitations.list(START), [])
    await copy.close()
    assert.ok(await store.sessions.find(session(1).sid))
    await rejects(store.backUp(path), 'EEXIST')
    await store.accounts.create(account('later'))
  })

  store('undoes a write that fails, alone among those of its turn', async () => {
    const { database, store } = await withBob()
    const insert = (name: string) =>
      sql`insert into accounts (username, record, created_at) values (${name}, 'r', 0)`
    const results = await Promise.allSettled([
      database.write([insert('before')]),
      database.write([insert('half'), insert('bob')]),
      database.write([insert('after')]),
    ])
    assert.equal(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    const names = (await store.accounts.list()).map(({ username }) => username)
    assert.equal(names, ['after', 'before', 'bob'])
    await store.accounts.create(account('later'))
  })

  store('finishes what it accepted before it closes, and takes nothing afterwards', async () => {
    const { database, store } = await withBob()
    const accepted = store.accounts.create(account('alice'))
    await store.close()
    await accepted
    await rejects(store.accounts.find('alice'), 'store_unavailable')
    await rejects(database.write([sql`delete from accounts`]), 'store_unavailable')
    await store.close()
  })

  store('is refused when a newer program made its tables', async () => {
    const database = open()
    await Store.open(database)
    await database.write([sql`update schema_version set version = ${SCHEMA_VERSION + 1}`])
    await rejects(Store.open(database), 'store_newer')
  })

  store.run()
}

const file = suite('store in a file')

/** Starts a writer; gives the names it was told are on disk, as they come. */
function startWriter(path: string, prefix: string) {
  const script = fileURLToPath(new URL('../../helpers/programs/store-writer.ts', import.meta.url))
  const child = spawn(process.execPath, [...nodeArguments(script), path, prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { child, lines: createInterface({ input: child.stdout }) }
}

/** Reads names until there are `count`, kills the writer in the middle of its work, and reads what it had said. */
async function killAfter(count: number, { child, lines }: ReturnType<typeof startWriter>): Promise<string[]> {
  const acknowledged: string[] = []
  for await (const line of lines) {
    acknowledged.push(line)
    if (acknowledged.length === count) child.kill('SIGKILL')
  }
  return acknowledged
}

const names = async (store: Store) => new Set((await store.accounts.list()).map(({ username }) => username))

file('loses nothing it acknowledged when the process is killed', async () => {
  const path = newFile()
  for (const prefix of ['a', 'b', 'c']) {
    const acknowledged = await killAfter(100, startWriter(path, prefix))
    const database = openSqlite(path)
    const kept = await names(await Store.open(database))
    assert.equal(
      acknowledged.filter((name) => !kept.has(name)),
      [],
    )
    assert.equal((await database.read(sql`pragma integrity_check`)).map(Object.values), [['ok']])
    await database.close()
  }
})

file('is on disk before anybody is told so, and is read while somebody writes', async () => {
  const database = openSqlite(newFile())
  assert.equal((await database.read(sql`pragma synchronous`)).map(Object.values), [[2]], 'full')
  assert.equal((await database.read(sql`pragma journal_mode`)).map(Object.values), [['wal']])
  assert.equal((await database.read(sql`pragma foreign_keys`)).map(Object.values), [[1]])
  await database.close()
})

file('is shared by processes that write at once', async () => {
  const path = newFile()
  const store = await Store.open(openSqlite(path))
  const writers = [startWriter(path, 'a'), startWriter(path, 'b')]
  const told = Promise.all(writers.map((writer) => killAfter(200, writer)))
  const ours: string[] = []
  for (let n = 0; writers.some(({ child }) => child.signalCode === null); n++) {
    await store.accounts.create(account(`ours${n}`))
    ours.push(`ours${n}`)
  }
  const kept = await names(store)
  assert.equal(
    [...(await told).flat(), ...ours].filter((name) => !kept.has(name)),
    [],
  )
  await store.close()
})

file('waits for another process’s transaction, and reads go on meanwhile', async () => {
  const path = newFile()
  const store = await Store.open(openSqlite(path))
  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  let written = false
  const waiting = store.accounts.create(account('bob')).then(() => {
    written = true
  })
  // Turns of the event loop in which the write was tried in vain.
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate)
    assert.equal(await store.accounts.list(), [])
  }
  assert.is(written, false)
  other.exec('commit')
  other.close()
  await waiting
  assert.equal(await store.accounts.list(), [account('bob')])
  await store.close()
})

file('is made by several processes at once', async () => {
  const path = newFile()
  ensurePrivateFile(path)
  const shared = new Int32Array(new SharedArrayBuffer(4))
  const script = new URL('../../helpers/programs/slow-opener.mjs', import.meta.url)
  const other = new Worker(script, { workerData: { path, shared }, execArgv: [] })
  const exit = once(other, 'exit')
  // It has a write transaction in a file that has no write-ahead log yet, and ends it once we are trying.
  await once(other, 'message')
  Atomics.store(shared, 0, 1)
  Atomics.notify(shared, 0)
  const store = await Store.open(openSqlite(path))
  assert.equal(await store.accounts.list(), [])
  await store.close()
  await exit
})

file('one handle sees what another wrote, and is there after all are closed', async () => {
  const path = newFile()
  const [one, other] = await Promise.all([Store.open(openSqlite(path)), Store.open(openSqlite(path))])
  await one.accounts.create(account('bob'))
  await other.sessions.begin(session(1), 'record of bob', { endpoint: HERE })
  assert.equal(await one.sessions.findListener('bob', at(START)), { ...session(1), endpoint: HERE })
  await one.close()
  await other.close()
  const again = await Store.open(openSqlite(path))
  assert.equal(await again.sessions.findListener('bob', at(START)), { ...session(1), endpoint: HERE })
  await again.close()
})

file('is readable by its owner only, the companion files too', async () => {
  const path = newFile()
  const store = await Store.open(openSqlite(path))
  for (const suffix of ['', '-wal', '-shm']) assert.is(statSync(path + suffix).mode & 0o777, 0o600, suffix)
  await store.close()
})

file('is refused when others could read it', () => {
  const path = newFile()
  writeFileSync(path, '', { mode: 0o644 })
  throws(() => openSqlite(path), 'file_not_private')
})

file('is refused, and left alone, when it is no database', () => {
  const path = newFile()
  writeFileSync(path, 'a letter to my aunt', { mode: 0o600 })
  assert.throws(
    () => openSqlite(path),
    (error: { code?: string }) => error.code === 'store_unavailable',
  )
  assert.is(readFileSync(path, 'utf8'), 'a letter to my aunt')
})

file('reads what another node has changed, and keeps it from nothing', async () => {
  const path = newFile()
  const [here, there] = [await Store.open(openSqlite(path)), await Store.open(openSqlite(path))]
  await here.accounts.create(account('bob'))
  await here.sessions.begin(session(1), 'record of bob', { endpoint: HERE })
  for (let again = 0; again < 2; again++) {
    assert.ok(await here.sessions.find(session(1).sid))
    assert.equal((await here.sessions.findListener('bob', at(START)))?.endpoint, HERE)
  }
  await there.sessions.listen(session(1).sid, THERE, START)
  assert.equal((await here.sessions.findListener('bob', at(START)))?.endpoint, THERE)
  await there.sessions.end(session(1).sid)
  assert.is(await here.sessions.find(session(1).sid), undefined)
  assert.is(await here.sessions.findListener('bob', at(START)), undefined)
  // Reading leaves no transaction open: the log can be emptied.
  const db = new DatabaseSync(path)
  const [emptied] = db.prepare('pragma wal_checkpoint(truncate)').all() as { busy: number }[]
  assert.is(emptied?.busy, 0)
  db.close()
  await here.close()
  await there.close()
})

file('commits once for all the callers of a turn, one of whom fails', async () => {
  const path = newFile()
  const database = openSqlite(path)
  const store = await Store.open(database)
  const other = new DatabaseSync(path)
  // Another number after any commits of others that it has not seen; how many, the frames of the log tell.
  const frames = () => (other.prepare('pragma wal_checkpoint(noop)').all() as { log: number }[])[0]?.log ?? 0
  const version = () => (other.prepare('pragma data_version').get() as { data_version: number }).data_version
  other.exec('pragma wal_checkpoint(truncate)')
  const before = version()
  const names = Array.from({ length: 50 }, (_, i) => `user${i}`)
  const seen: (number | string)[] = []
  const writes = [...names, 'user7'].map((username) =>
    store.accounts.create(account(username)).then(
      // All are there when the first is told so.
      () => seen.push(Number((other.prepare('select count(*) as n from accounts').get() as { n: number }).n)),
      (error: { code: string }) => seen.push(error.code),
    ),
  )
  assert.is(version(), before)
  await Promise.all(writes)
  assert.equal(new Set(seen), new Set([50, 'account_exists']))
  assert.is(seen.filter((what) => what === 50).length, 50)
  assert.ok(frames() < 50)
  other.close()
  await store.close()
})

file('tells nobody of a turn that it was done, when its commit fails', async () => {
  const path = newFile()
  const store = await Store.open(openSqlite(path))
  await store.accounts.create(account('bob'))
  const database = openSqlite(path)
  // Checked at the commit only (https://sqlite.org/foreignkeys.html#fk_deferred), so that all statements succeed before.
  await database.write([
    sql`create table parents (id bigint primary key)`,
    sql`create table children (id bigint references parents (id) deferrable initially deferred)`,
  ])
  const good = database.write([sql`insert into parents (id) values (1)`])
  const bad = database.write([sql`insert into children (id) values (2)`])
  await rejects(good, 'store_unavailable')
  await rejects(bad, 'store_unavailable')
  assert.equal(await database.read(sql`select id from parents`), [])
  await database.write([sql`insert into parents (id) values (3)`])
  assert.is((await database.read(sql`select id from parents`)).length, 1)
  await database.close()
  await store.close()
})

file.run()
