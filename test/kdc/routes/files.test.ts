/** Files for groups: who may store and fetch, how much, and for how long. docs/protocol.md §7.4. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Database, Row } from '../../../src/database/database.ts'
import { openSqlite } from '../../../src/database/sqlite.ts'
import type { KdcOptions } from '../../../src/kdc/app.ts'
import { purge } from '../../../src/kdc/create-kdc.ts'
import {
  isFileLength,
  SEALED_CHUNK_BYTES,
  sealedChunkBytes,
  sealedChunkCount,
} from '../../../src/kdc/http/fields.ts'
import { QUOTAS } from '../../../src/kdc/store/quotas.ts'
import { Store } from '../../../src/kdc/store/store.ts'
import { at, PASSWORD, START } from '../../helpers/kdc.ts'
import {
  bytes,
  classKdc,
  commit,
  makeGroup,
  newId,
  type Principal,
  principal,
  type TestKdc,
} from '../../helpers/kdc-principals.ts'

const ALL = ['alice', 'bob', 'carol', 'dora']
const WEEK = 7 * 86_400
/** Sessions that outlive the files. */
const LONG = { sessionLifetimeSec: 10 * WEEK, sessionIdleSec: 10 * WEEK }

/** What came of it: the code of the problem, or `200`. */
const outcome = async (asked: Promise<{ status: number; body: { code?: string } }>) => {
  const { status, body } = await asked
  return body.code ?? status
}

const begin = (who: Principal, group: string, size: number, file = newId(), id?: string) =>
  outcome(who.ask('/files/begin', { file, group, bytes: size }, id))
const put = (who: Principal, file: string, index: number, chunk: string, id?: string) =>
  outcome(who.ask('/files/put', { file, index, chunk }, id))
const drop = (who: Principal, file: string, id?: string) => outcome(who.ask('/files/drop', { file }, id))

/** What one gets of a chunk: the first byte, or why not. */
const get = async (who: Principal, file: string, index = 0) => {
  const { body } = await who.ask('/files/get', { file, index })
  return body.code ?? Buffer.from(body.chunk, 'base64url')[0]
}

/** Stores a file of one chunk. @returns its id. */
async function store(who: Principal, group: string, size = 20, fill = 1): Promise<string> {
  const file = newId()
  assert.is(await begin(who, group, size, file), 200)
  assert.is(await put(who, file, 0, bytes(size, fill)), 200)
  return file
}

async function withGroup(overrides: Partial<KdcOptions> = {}) {
  const kdc = await classKdc(ALL, overrides)
  const group = await makeGroup(kdc.who('alice'), ['bob', 'carol'])
  return { ...kdc, group }
}

const withQuotas = (changed: Partial<typeof QUOTAS>, overrides: Partial<KdcOptions> = {}) =>
  withGroup({ quotas: { ...QUOTAS, ...changed }, ...overrides })

const purgeAll = (kdc: Pick<TestKdc, 'store' | 'time' | 'log'>) =>
  purge(kdc.store, () => ({ ...at(kdc.time.now), idleSince: 0 }), kdc.log)

const events = ({ log }: Pick<TestKdc, 'log'>) =>
  log.events
    .filter(({ event }) => event.startsWith('file_'))
    .map(({ event, fields }) => ({ event, ...fields }))

const chunks = suite('chunks')

chunks('a length says how many there are, and how long each is', () => {
  const lengths = (length: number) =>
    Array.from({ length: sealedChunkCount(length) }, (_, i) => sealedChunkBytes(length, i))
  assert.equal(lengths(16), [16])
  assert.equal(lengths(SEALED_CHUNK_BYTES), [SEALED_CHUNK_BYTES])
  assert.equal(lengths(2 * SEALED_CHUNK_BYTES + 17), [SEALED_CHUNK_BYTES, SEALED_CHUNK_BYTES, 17])
  assert.is(sealedChunkBytes(SEALED_CHUNK_BYTES, 1), 0)
  for (const length of [16, 17, SEALED_CHUNK_BYTES, SEALED_CHUNK_BYTES + 17, 3 * SEALED_CHUNK_BYTES]) {
    assert.is(isFileLength(length), true, String(length))
  }
  for (const length of [0, 1, 15, SEALED_CHUNK_BYTES + 1, SEALED_CHUNK_BYTES + 15, SEALED_CHUNK_BYTES + 16]) {
    assert.is(isFileLength(length), false, String(length))
  }
})

const storing = suite('storing files')

storing('whole, in any order, and telling so once; everybody in the group gets it', async () => {
  const kdc = await withGroup()
  const { who, group } = kdc
  const file = newId()
  const size = SEALED_CHUNK_BYTES + 100
  const begun = await who('bob').ask('/files/begin', { file, group, bytes: size })
  assert.equal([begun.status, begun.body], [200, { time: START }])
  assert.is(await put(who('bob'), file, 1, bytes(100, 7)), 200)
  assert.equal(events(kdc), [])
  assert.equal([await get(who('carol'), file, 0), await get(who('carol'), file, 1)], ['file_unknown', 7])
  assert.is(await put(who('bob'), file, 0, bytes(SEALED_CHUNK_BYTES, 6)), 200)
  const stored = { event: 'file_stored', sender: 'bob', group, file, bytes: size }
  assert.equal(events(kdc), [stored])
  assert.is(await put(who('bob'), file, 0, bytes(SEALED_CHUNK_BYTES, 6)), 200, 'the same chunk again')
  assert.equal(events(kdc), [stored])
  for (const name of ['alice', 'bob', 'carol']) assert.is(await get(who(name), file), 6)
  const got = await who('alice').ask('/files/get', { file, index: 1 })
  assert.equal(got.body, { chunk: bytes(100, 7), time: START })
  assert.is(await get(who('alice'), file, 2), 'file_unknown')
})

storing('of one chunk that is sent many times at once, one is stored', async () => {
  const kdc = await withGroup()
  const file = newId()
  await begin(kdc.who('bob'), kdc.group, 2 * SEALED_CHUNK_BYTES, file)
  const chunk = bytes(SEALED_CHUNK_BYTES, 3)
  const twice = [0, 1, 0, 1, 0, 1].map((index) => put(kdc.who('bob'), file, index, chunk))
  assert.equal(await Promise.all(twice), [200, 200, 200, 200, 200, 200])
  assert.is(events(kdc).length, 1)
})

storing('a chunk that is there is not replaced, and a file is begun once', async () => {
  const { who, group } = await withGroup()
  const other = await makeGroup(who('bob'))
  const file = await store(who('bob'), group)
  assert.is(await put(who('bob'), file, 0, bytes(20, 2)), 'file_exists')
  assert.is(await get(who('alice'), file), 1)
  assert.is(await begin(who('bob'), group, 20, file), 200)
  assert.is(await begin(who('bob'), group, 21, file), 'file_exists')
  assert.is(await begin(who('bob'), other, 20, file), 'file_exists')
  assert.is(await begin(who('alice'), group, 20, file), 'file_exists', 'somebody else’s')
  assert.is(await get(who('alice'), file), 1)
  const fresh = newId()
  const both = ['alice', 'bob'].map((name) => begin(who(name), group, 20, fresh))
  assert.equal((await Promise.all(both)).map(String).sort(), ['200', 'file_exists'])
})

storing('what has another length or place than it was said is refused', async () => {
  const { who, group } = await withGroup()
  const file = newId()
  await begin(who('bob'), group, SEALED_CHUNK_BYTES + 20, file)
  const cases: [number, number][] = [
    [0, SEALED_CHUNK_BYTES - 1],
    [0, 20],
    [0, SEALED_CHUNK_BYTES + 1],
    [1, 19],
    [1, 21],
    [1, SEALED_CHUNK_BYTES],
    [2, 20],
    [2 ** 53 - 1, 20],
    [-1, 20],
    [0.5, SEALED_CHUNK_BYTES],
  ]
  for (const [index, size] of cases) {
    assert.is(await put(who('bob'), file, index, bytes(size)), 'invalid_request', `${index}: ${size}`)
  }
  assert.is(await put(who('bob'), file, 0, bytes(450_000)), 'body_too_large')
  const good = { file: newId(), group, bytes: 20 }
  const wrong = [
    ...[0, 15, -1, 1.5, '20', SEALED_CHUNK_BYTES + 16, SEALED_CHUNK_BYTES + 1, undefined].map((size) => ({
      bytes: size,
    })),
    { file: bytes(15) },
    { file: '../../etc/passwd' },
    { group: '' },
  ]
  for (const change of wrong) {
    const body = { ...good, ...change }
    assert.is(await outcome(who('bob').ask('/files/begin', body)), 'invalid_request', JSON.stringify(change))
  }
  assert.equal(await get(who('bob'), file), 'file_unknown', 'nothing was stored')
})

storing('is asked for in sealed requests only', async () => {
  const kdc = await withGroup()
  const token = await kdc.login('alice')
  for (const path of ['begin', 'put', 'get', 'drop']) {
    const { status, json } = await kdc.post(`/files/${path}`, { username: 'alice', token, file: newId() })
    assert.equal([status, json.code], [400, 'request_refused'], path)
  }
})

const rights = suite('whose files they are')

rights('a stranger stores nothing, gets nothing, drops nothing, and learns nothing', async () => {
  const kdc = await withGroup()
  const { who, group } = kdc
  const file = await store(who('bob'), group)
  const none = newId()
  assert.is(await begin(who('dora'), group, 20), 'group_unknown')
  assert.is(await begin(who('dora'), newId(), 20), 'group_unknown')
  for (const id of [file, none]) {
    assert.is(await get(who('dora'), id), 'file_unknown')
    assert.is(await put(who('dora'), id, 0, bytes(20)), 'file_unknown')
    assert.is(await put(who('dora'), id, 5, bytes(20)), 'file_unknown')
    assert.is(await drop(who('dora'), id), 200)
  }
  const answers = [file, none].map((id) => who('dora').ask('/files/get', { file: id, index: 0 }))
  const [there, absent] = await Promise.all(answers)
  assert.equal(there, absent)
  assert.is(await get(who('alice'), file), 1)
})

rights('another member adds nothing to a file, and does not drop it', async () => {
  const { who, group } = await withGroup()
  const file = newId()
  await begin(who('bob'), group, 20, file)
  assert.is(await put(who('alice'), file, 0, bytes(20)), 'file_unknown')
  assert.is(await drop(who('alice'), file), 200)
  assert.is(await put(who('bob'), file, 0, bytes(20, 4)), 200)
  assert.is(await drop(who('alice'), file), 200)
  assert.is(await get(who('alice'), file), 4)
})

rights(
  'who is removed, or leaves, keeps the files of before, and gets none of those begun since',
  async () => {
    const kdc = await withGroup()
    const { who, group } = kdc
    const before = await store(who('alice'), group, 20, 1)
    await who('alice').ask('/groups/commit', commit(group, 1, { removed: ['bob'] }))
    const since = await store(who('alice'), group, 20, 2)
    await who('carol').ask('/groups/leave', { group, epoch: 2, proposal: bytes(3) })
    const last = await store(who('alice'), group, 20, 3)
    const seen = async (name: string) =>
      Promise.all([before, since, last].map((file) => get(who(name), file)))
    assert.equal(await seen('bob'), [1, 'file_unknown', 'file_unknown'])
    assert.equal(await seen('carol'), [1, 2, 'file_unknown'])
    assert.equal(await seen('alice'), [1, 2, 3])
    // Also when they have nothing more to read, and nobody has.
    const end = await kdc.store.mailbox.lastPosition()
    for (const name of ALL) await who(name).ask('/mailbox/ack', { position: end })
    await purgeAll(kdc)
    assert.equal(await seen('bob'), [1, 'file_unknown', 'file_unknown'])
    assert.equal(await seen('carol'), [1, 2, 'file_unknown'])
  },
)

rights('who is removed stores nothing more, but may drop', async () => {
  const { who, group } = await withGroup()
  const [half, whole] = [newId(), await store(who('bob'), group)]
  await begin(who('bob'), group, 20, half)
  await who('alice').ask('/groups/commit', commit(group, 1, { removed: ['bob'] }))
  assert.is(await put(who('bob'), half, 0, bytes(20)), 'file_unknown')
  assert.is(await begin(who('bob'), group, 20, half), 'group_unknown')
  assert.is(await begin(who('bob'), group, 20), 'group_unknown')
  assert.is(await drop(who('bob'), whole), 200)
  assert.is(await get(who('alice'), whole), 'file_unknown')
})

rights('who is added after the beginning gets it: the message comes later', async () => {
  const { who, group } = await withGroup()
  const file = newId()
  await begin(who('alice'), group, 20, file)
  await who('alice').ask('/groups/commit', commit(group, 1, { added: ['dora'] }))
  await put(who('alice'), file, 0, bytes(20, 5))
  assert.is(await get(who('dora'), file), 5)
})

rights('who is removed and added again by one commit gets all', async () => {
  const { who, group } = await withGroup()
  const before = await store(who('alice'), group, 20, 1)
  await who('alice').ask('/groups/commit', commit(group, 1, { added: ['bob'], removed: ['bob'] }))
  const since = await store(who('alice'), group, 20, 2)
  assert.equal([await get(who('bob'), before), await get(who('bob'), since)], [1, 2])
})

rights('of a deleted account stay, whole ones, and are not those of the next of that name', async () => {
  const kdc = await withQuotas({ files: 2 })
  const { who, group, store: kept } = kdc
  const [whole, half] = [await store(who('bob'), group), newId()]
  await begin(who('bob'), group, SEALED_CHUNK_BYTES + 20, half)
  await put(who('bob'), half, 1, bytes(20))
  const alices = await store(who('alice'), group, 20, 8)
  await kept.accounts.delete('bob')
  await kept.accounts.create({ username: 'bob', record: PASSWORD, createdAt: START })
  const next = await principal(kdc, 'bob')
  for (const file of [whole, half, alices]) {
    assert.is(await get(next, file), 'file_unknown')
    assert.is(await put(next, file, 0, bytes(20)), 'file_unknown')
    assert.is(await drop(next, file), 200)
  }
  assert.equal([await get(who('alice'), whole), await get(who('alice'), half, 1)], [1, 'file_unknown'])
  // The old leaf is removed, and the new bob added: there is room for his own.
  await who('alice').ask('/groups/commit', commit(group, 1, { added: ['bob'], removed: ['bob'] }))
  await store(next, group)
  await store(next, group)
  assert.is(await begin(next, group, 20), 'quota_exceeded')
  assert.is(await begin(next, group, 20, whole), 'file_exists')
  await purgeAll(kdc)
  const [listed] = await kept.retention.list()
  assert.equal([listed?.files, listed?.fileBytes], [4, 80])
})

const room = suite('room for files')

room('is taken by the beginning, before anything is stored', async () => {
  const { who, group } = await withQuotas({ fileBytes: 1000 })
  const file = newId()
  assert.is(await begin(who('bob'), group, 1001), 'quota_exceeded')
  assert.is(await begin(who('bob'), group, 700, file), 200)
  const refused = await who('bob').ask('/files/begin', { file: newId(), group, bytes: 301 })
  assert.equal([refused.status, refused.body.code], [429, 'quota_exceeded'])
  assert.is(await begin(who('bob'), group, 700, file), 200, 'the same again takes nothing')
  assert.is(await begin(who('bob'), group, 300), 200)
  assert.is(await begin(who('bob'), group, 16), 'quota_exceeded')
  assert.is(await begin(who('bob'), await makeGroup(who('bob')), 16), 'quota_exceeded', 'in all groups')
  assert.is(await begin(who('alice'), group, 1000), 200, 'each for itself')
  assert.is(await drop(who('bob'), file), 200)
  assert.is(await begin(who('bob'), group, 700), 200)
})

room('is for so many files and bytes, also when many are begun at once', async () => {
  for (const quota of [{ files: 3 }, { fileBytes: 3 * 16 + 15 }]) {
    const { who, group } = await withQuotas(quota)
    const many = await Promise.all([1, 2, 3, 4, 5].map(() => begin(who('bob'), group, 16)))
    assert.equal(many.map(String).sort(), ['200', '200', '200', 'quota_exceeded', 'quota_exceeded'])
  }
})

room('is not taken by more than was said', async () => {
  const { who, group } = await withQuotas({ fileBytes: 2 * SEALED_CHUNK_BYTES })
  assert.is(await begin(who('bob'), group, 2 ** 53 - 1), 'quota_exceeded')
  const file = newId()
  await begin(who('bob'), group, SEALED_CHUNK_BYTES + 20, file)
  await put(who('bob'), file, 0, bytes(SEALED_CHUNK_BYTES))
  assert.is(await put(who('bob'), file, 1, bytes(SEALED_CHUNK_BYTES)), 'invalid_request')
  assert.is(await put(who('bob'), file, 2, bytes(20)), 'invalid_request')
})

room('is taken and given back once: a recorded request does nothing', async () => {
  const kdc = await withQuotas({ files: 1 })
  const { who, group } = kdc
  const [file, beginning, dropping] = [newId(), newId(), newId()]
  assert.is(await begin(who('bob'), group, 20, file, beginning), 200)
  assert.is(await put(who('bob'), file, 0, bytes(20)), 200)
  assert.is(await drop(who('bob'), file, dropping), 200)
  assert.is(await begin(who('bob'), group, 20, file, beginning), 200, 'the answer again')
  assert.is(await put(who('bob'), file, 0, bytes(20)), 'file_unknown')
  assert.is(await begin(who('bob'), group, 20), 200, 'there is room')
  const { who: other, group: another } = await withGroup()
  await begin(other('bob'), another, 20, file)
  await put(other('bob'), file, 0, bytes(20))
  await drop(other('bob'), file, dropping)
  assert.is(await begin(other('bob'), another, 20, file), 200)
  assert.is(await put(other('bob'), file, 0, bytes(20, 9)), 200)
  assert.is(await drop(other('bob'), file, dropping), 200)
  assert.is(await get(other('alice'), file), 9, 'what came after it stays')
  assert.equal(
    events(kdc).map(({ event }) => event),
    ['file_stored', 'file_dropped'],
  )
})

const keeping = suite('keeping files')

/** How many rows there are. */
const rows = async ({ store }: Pick<TestKdc, 'store'>) => {
  const [file, ...more] = (await store.retention.list()).filter(({ files }) => files > 0)
  assert.is(more.length, 0)
  return file?.files ?? 0
}

keeping('for a week from the beginning; then nobody gets it, even before it is purged', async () => {
  const kdc = await withQuotas({ files: 1 }, LONG)
  const { who, group, time, log } = kdc
  const file = newId()
  await begin(who('bob'), group, SEALED_CHUNK_BYTES + 20, file)
  await put(who('bob'), file, 0, bytes(SEALED_CHUNK_BYTES))
  time.now += WEEK - 1
  assert.is(await put(who('bob'), file, 1, bytes(20)), 200)
  await purgeAll(kdc)
  assert.is(await get(who('alice'), file), 1)
  assert.is(await begin(who('bob'), group, 16), 'quota_exceeded')
  time.now += 1
  assert.is(await get(who('alice'), file), 'file_unknown')
  assert.is(await put(who('bob'), file, 1, bytes(20)), 'file_unknown')
  assert.is(await begin(who('bob'), group, 16), 200, 'what has expired takes no room')
  await purgeAll(kdc)
  assert.equal(log.events.at(-1), { event: 'purged', fields: { entries: 1, files: 1 } })
  assert.is(await rows(kdc), 1)
})

keeping('with its group: to the end of what waits there', async () => {
  const kdc = await withGroup()
  const { who, group, store: kept } = kdc
  const file = await store(who('bob'), group)
  await who('alice').ask('/groups/destroy', { group })
  assert.is(await begin(who('bob'), group, 20), 'group_unknown')
  assert.is(await get(who('carol'), file), 1, 'who has still to read of it')
  assert.is(await put(who('bob'), file, 0, bytes(20)), 'file_unknown')
  const end = await kept.mailbox.lastPosition()
  for (const name of ['alice', 'bob']) await who(name).ask('/mailbox/ack', { position: end })
  await purgeAll(kdc)
  assert.is(await get(who('carol'), file), 1)
  await who('carol').ask('/mailbox/ack', { position: end })
  await purgeAll(kdc)
  assert.is(await get(who('carol'), file), 'file_unknown')
  assert.equal(await kept.retention.list(), [])
})

keeping('with its group, a few at a time: the group goes last', async () => {
  const kdc = await withGroup()
  const { who, group, store: kept } = kdc
  const { keepSince } = at(START)
  await store(who('bob'), group)
  await store(who('carol'), group)
  await who('alice').ask('/groups/destroy', { group })
  const last = await kept.mailbox.lastPosition()
  for (const name of ['alice', 'bob', 'carol']) await who(name).ask('/mailbox/ack', { position: last })
  await kept.retention.purge(keepSince, 100)
  assert.equal(await kept.files.purge(keepSince, 1), { files: 1, more: true })
  await kept.retention.purgeEnded()
  assert.is(await rows(kdc), 1)
  await kept.purge(at(START), 10)
  assert.equal(await kept.retention.list(), [])
})

keeping('a large one is deleted a little at a time', async () => {
  const deleted: number[] = []
  const there: unknown[] = []
  const database = openSqlite(':memory:')
  const watched: Database = {
    read: (statement) => database.read(statement),
    write: async (statements) => {
      const done = await database.write(statements)
      if (statements[0]?.strings[0]?.includes('delete from file_chunks')) {
        deleted.push(done[0]?.length ?? 0)
        there.push(await get(who('alice'), file, 0), await get(who('alice'), file, 69))
      }
      return done
    },
    close: () => database.close(),
  }
  const kdc = await withGroup({ store: await Store.open(watched) })
  const { who, group } = kdc
  const file = newId()
  await begin(who('bob'), group, 99 * SEALED_CHUNK_BYTES + 20, file)
  const chunk = bytes(SEALED_CHUNK_BYTES)
  for (let index = 0; index < 70; index++) await put(who('bob'), file, index, chunk)
  await drop(who('bob'), file)
  assert.equal(deleted, [64, 6])
  assert.equal(there, [1, 'file_unknown', 'file_unknown', 'file_unknown'], 'its end goes first')
  assert.is(await rows(kdc), 0)
})

keeping('never has more than a chunk in its hands', async () => {
  const database = openSqlite(':memory:')
  const large = (row: Row | readonly unknown[]) =>
    Object.values(row).reduce(
      (sum: number, value) => sum + (value instanceof Uint8Array ? value.length : 0),
      0,
    )
  let most = 0
  const note = (found: readonly Row[]) => {
    most = Math.max(
      most,
      found.reduce((sum, row) => sum + large(row), 0),
    )
  }
  const watched: Database = {
    read: async <R extends object = Row>(statement: Parameters<Database['read']>[0]) => {
      const found = await database.read<R>(statement)
      note(found as unknown as Row[])
      return found
    },
    write: async (statements) => {
      most = Math.max(
        most,
        statements.reduce((sum, { values }) => sum + large(values), 0),
      )
      const done = await database.write(statements)
      note(done.flat())
      return done
    },
    close: () => database.close(),
  }
  const kdc = await withGroup({ store: await Store.open(watched), ...LONG })
  const { who, group, time } = kdc
  const files = [newId(), newId()]
  const chunk = bytes(SEALED_CHUNK_BYTES)
  for (const file of files) {
    await begin(who('bob'), group, 5 * SEALED_CHUNK_BYTES, file)
    for (let index = 0; index < 5; index++) await put(who('bob'), file, index, chunk)
    await put(who('bob'), file, 0, chunk)
    assert.is(await get(who('alice'), file, 4), 1)
  }
  await drop(who('bob'), files[0] ?? '')
  await kdc.store.retention.list()
  time.now += WEEK
  await purgeAll(kdc)
  assert.is(await rows(kdc), 0)
  assert.ok(most >= SEALED_CHUNK_BYTES && most < SEALED_CHUNK_BYTES + 1000, String(most))
})

keeping('the operator sees how many, and how much, by group', async () => {
  const { who, group, store: kept } = await withGroup()
  await makeGroup(who('alice'), [], 'other')
  await store(who('bob'), group, 20)
  await begin(who('alice'), group, 30)
  const listed = await kept.retention.list()
  assert.equal(
    listed.map(({ files, fileBytes }) => [files, fileBytes]),
    [
      [2, 50],
      [0, 0],
    ],
  )
})

chunks.run()
storing.run()
rights.run()
room.run()
keeping.run()
