/** Backups: what is in them, what is not, and that a KDC goes on from one. */

import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Database, sql } from '../../src/database/database.ts'
import { openSqlite } from '../../src/database/sqlite.ts'
import { backUp } from '../../src/kdc/commands/backup.ts'
import { openData } from '../../src/kdc/data.ts'
import { QUOTAS } from '../../src/kdc/store/quotas.ts'
import { Store } from '../../src/kdc/store/store.ts'
import { at, PASSWORD, START, temporaryDirectory } from '../helpers/kdc.ts'
import { post, runKdc, startKdc } from '../helpers/kdc-process.ts'
import { nodeArguments } from '../helpers/program.ts'

interface Place {
  readonly home: ReturnType<typeof temporaryDirectory>
  readonly data: string
  readonly target: string
}

const backup = suite<Place>('backup')
backup.before.each((context) => {
  const home = temporaryDirectory()
  Object.assign(context, { home, data: join(home.path, 'kdc'), target: join(home.path, 'copy') })
})
backup.after.each(({ home }) => home.remove())

const record = 'record of alice'
const SEALED = new Uint8Array(40).fill(0xa7)

/** A data directory with something in each of its tables. */
async function fill(data: string): Promise<Store> {
  const { store } = await openData(data)
  await store.accounts.create({ username: 'alice', record, createdAt: START })
  const session = { sid: SEALED.slice(0, 16), username: 'alice', sealedToken: SEALED, address: '192.0.2.7' }
  const times = { createdAt: START, expiresAt: START + 100 }
  const forgive = { names: [], oneOf: [], familiar: 'alice at 192.0.2.7', forgetAt: START + 100 }
  await store.sessions.begin({ ...session, ...times }, record, {
    login: { id: new Uint8Array(32), forgetAt: START + 900 },
    forgive,
  })
  await store.invitations.add([{ id: SEALED, username: 'bob', sealedToken: SEALED, expiresAt: START + 100 }])
  await store.attempts.take([{ name: 'login alice', burst: 2, intervalSec: 60 }], START)
  await store.online.wait(session.sid, START + 90)
  const request = (n: number) => ({
    username: 'alice',
    id: new Uint8Array(16).fill(n),
    forgetAt: START + 900,
  })
  await store.identities.put(request(0), new Uint8Array(32).fill(1), START)
  await store.identities.put(request(1), new Uint8Array(32), START)
  await store.keyPackages.put(request(2), { packages: [SEALED], limit: 1, now: START })
  const id = new Uint8Array(16).fill(3)
  const group = { id, kind: 'named', name: 'class', members: [], info: Uint8Array.of(1) } as const
  await store.groupChanges.create(request(3), group, QUOTAS, START)
  await store.groupChanges.send(request(4), { group: id, epoch: 0, payload: Uint8Array.of(1) }, QUOTAS, START)
  await store.files.begin(request(5), { id, group: id, bytes: 40, chunks: 1 }, QUOTAS, {
    now: START,
    keepSince: START - 1,
  })
  const file = await store.files.findOwn(id, 'alice', START - 1)
  assert.ok(file)
  await store.files.put(file, 0, new Uint8Array(40), START - 1)
  await store.mailbox.acknowledge('alice', 1)
  return store
}

/** How many rows each table has. */
async function rowsOf(file: string): Promise<Record<string, number>> {
  const database = openSqlite(file)
  const tables = await database.read<{ name: string }>(
    sql`select name from sqlite_schema where type = 'table' order by name`,
  )
  const counts = tables.map(async ({ name }) => {
    // A table's name cannot be bound; this one comes from the schema.
    const strings = Object.assign([`select 1 from "${name}"`], { raw: [] })
    return [name, (await database.read({ strings, values: [] })).length] as const
  })
  const rows = Object.fromEntries(await Promise.all(counts))
  await database.close()
  return rows
}

backup('holds what lasts and the key, and no row of anything else', async ({ data, target, home }) => {
  const store = await fill(data)
  const before = await rowsOf(join(data, 'kdc.sqlite'))
  assert.ok(
    Object.values(before).every((count) => count > 0),
    JSON.stringify(before),
  )
  assert.is(await backUp(store, data, target), true)
  const passing = 'attempts familiar invitations key_packages sessions waiting'.split(' ')
  const expected = Object.entries(before).map(([name, rows]) => [name, passing.includes(name) ? 0 : rows])
  assert.equal(await rowsOf(join(target, 'kdc.sqlite')), Object.fromEntries(expected))
  assert.equal(readdirSync(home.path).sort(), ['copy', 'kdc'])
  // The one that was copied goes on as before.
  assert.equal(await rowsOf(join(data, 'kdc.sqlite')), before)
  assert.equal((await store.sessions.list('alice', at(START))).length, 1)
  await store.close()
})

backup('holds no byte of what was deleted, in two files for their owner only', async ({ data, target }) => {
  const store = await fill(data)
  await backUp(store, data, target)
  await store.close()
  assert.is(statSync(target).mode & 0o777, 0o700)
  assert.equal(readdirSync(target).sort(), ['kdc.sqlite', 'opaque-setup.key'])
  for (const name of readdirSync(target)) assert.is(statSync(join(target, name)).mode & 0o777, 0o600, name)
  const bytes = readFileSync(join(target, 'kdc.sqlite'))
  assert.ok(bytes.includes(record))
  assert.not.ok(bytes.includes(Buffer.from(SEALED.subarray(0, 16))))
  assert.not.ok(bytes.includes('192.0.2.7'))
  assert.equal(readFileSync(join(target, 'opaque-setup.key')), readFileSync(join(data, 'opaque-setup.key')))
})

backup('is whole although others write at the time', async ({ data, target }) => {
  const { store } = await openData(data)
  const script = fileURLToPath(new URL('../helpers/programs/store-writer.ts', import.meta.url))
  const writer = spawn(process.execPath, [...nodeArguments(script), join(data, 'kdc.sqlite'), 'a'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const acknowledged: string[] = []
  let before: string[] = []
  let after = 0
  for await (const name of createInterface({ input: writer.stdout })) {
    acknowledged.push(name)
    if (acknowledged.length === 200) {
      before = [...acknowledged]
      assert.is(await backUp(store, data, target), true)
      after = acknowledged.length
    }
    // It wrote all the time, and still does.
    if (acknowledged.length === after + 200) writer.kill('SIGKILL')
  }
  await store.close()
  const copy = openSqlite(join(target, 'kdc.sqlite'))
  assert.equal((await copy.read(sql`pragma integrity_check`)).map(Object.values), [['ok']])
  const kept = new Set((await (await Store.open(copy)).accounts.list()).map(({ username }) => username))
  assert.equal(
    before.filter((name) => !kept.has(name)),
    [],
  )
  await copy.close()
})

backup('appears all at once, or not at all', async ({ data, target, home }) => {
  const store = await fill(data)
  const real = store.backUp.bind(store)
  store.backUp = async (path) => {
    await real(path)
    assert.not.ok(existsSync(target))
    throw new Error('the disk is full')
  }
  await backUp(store, data, target).then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, 'the disk is full'),
  )
  assert.equal(readdirSync(home.path), ['kdc'])
  store.backUp = async (path) => {
    await real(path)
    // What a crash here would leave is beside the place, and says what it is.
    const [unfinished, ...others] = readdirSync(home.path).filter((name) => name !== 'kdc')
    assert.match(unfinished ?? '', /^copy\.unfinished-\w+$/)
    assert.equal(others, [])
    return true
  }
  assert.is(await backUp(store, data, target), true)
  await store.close()
})

backup('takes an empty directory, and no other thing that is there', async ({ data, target }) => {
  const store = await fill(data)
  mkdirSync(target)
  chmodSync(target, 0o755)
  assert.is(await backUp(store, data, target), true)
  assert.is(statSync(target).mode & 0o777, 0o700)
  await store.close()
})

backup('of a server is left to the tool of that server', async ({ target, home }) => {
  const database = openSqlite(':memory:')
  const server: Database = {
    read: (statement) => database.read(statement),
    write: (statements) => database.write(statements),
    close: () => database.close(),
  }
  const store = await Store.open(server)
  assert.is(await backUp(store, home.path, target), false)
  assert.equal(readdirSync(home.path), [])
})

const environment = ({ home }: Place) => ({ XDG_CONFIG_HOME: home.path, SYMBOLON_PASSWORD: PASSWORD })
const run = (place: Place, ...args: string[]) => runKdc([...args, '--data', place.data], environment(place))
const serve = (place: Place, data: string) => startKdc(['--port', '0', '--data', data], environment(place))
const KEY = /^kdc: its key is (\S+)$/m

backup('is a data directory from which a KDC goes on, without the sessions of before', async (place) => {
  await run(place, 'adduser', 'alice')
  const first = serve(place, place.data)
  const credentials = { username: 'alice', password: PASSWORD }
  const { token } = (await post(`${await first.url()}/login`, credentials)).json
  const asked = { username: 'alice', token, port: 1 }
  assert.is((await post(`${await first.url()}/listen`, asked)).status, 200)
  assert.equal(await run(place, 'backup', place.target), {
    exit: 0,
    stdout: '',
    stderr: `kdc: backed up to ${place.target}\n`,
  })
  const key = await first.says('stderr', KEY)
  await first.stop()

  const second = serve(place, place.target)
  const url = await second.url()
  assert.is(await second.says('stderr', KEY), key)
  const refused = await post(`${url}/listen`, asked)
  assert.equal([refused.status, refused.json.code], [401, 'token_unknown'])
  const again = await post(`${url}/login`, credentials)
  assert.is(again.status, 200)
  assert.is((await post(`${url}/listen`, { ...asked, token: again.json.token })).status, 200)
  assert.is(await second.stop(), 0)
})

backup('files copied by hand bring sessions back, until they are ended', async (place) => {
  await run(place, 'adduser', 'alice')
  const first = serve(place, place.data)
  const { token } = (await post(`${await first.url()}/login`, { username: 'alice', password: PASSWORD })).json
  await first.stop()
  cpSync(place.data, place.target, { recursive: true })
  const second = serve(place, place.target)
  const url = await second.url()
  const listen = async () => (await post(`${url}/listen`, { username: 'alice', token, port: 1 })).status
  assert.is(await listen(), 200)
  const ended = await runKdc(['endsessions', '--all', '--data', place.target])
  assert.is(ended.stderr, 'kdc: ended 1 session\n')
  assert.is(await listen(), 401)
  await second.stop()
})

backup('is refused in words where it cannot be', async (place) => {
  await run(place, 'adduser', 'alice')
  const refusal = async (target: string) => {
    const { exit, stdout, stderr } = await run(place, 'backup', target)
    assert.equal([exit, stdout], [1, ''])
    return stderr
  }
  mkdirSync(place.target)
  writeFileSync(join(place.target, 'kdc.sqlite'), 'a letter')
  assert.match(await refusal(place.target), /^kdc: error: \S+copy is there already\nkdc: hint: name a new /)
  assert.match(await refusal(join(place.target, 'kdc.sqlite')), / is there already\n/)
  assert.equal(readdirSync(place.target), ['kdc.sqlite'])
  assert.is(readFileSync(join(place.target, 'kdc.sqlite'), 'utf8'), 'a letter')
  const nowhere = join(place.home.path, 'nowhere')
  assert.match(
    await refusal(join(nowhere, 'copy')),
    `cannot write the backup: there is no directory ${nowhere}\n`,
  )
})

backup.run()
