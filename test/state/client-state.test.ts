/** What a client keeps: given back as it was, to whoever has the export key, and to nobody else. */
import {
  chmodSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hintFor } from '../../src/cli/hints.ts'
import { exitCodeOf } from '../../src/cli/tool.ts'
import { type Statement, sql } from '../../src/database/database.ts'
import { openSqlite } from '../../src/database/sqlite.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { Secret } from '../../src/lib/crypto/secret.ts'
import { ERROR_CODES } from '../../src/lib/errors.ts'
import { ClientState } from '../../src/state/client-state.ts'
import { StateError } from '../../src/state/errors.ts'
import { stateDirectoriesOf, stateDirectory } from '../../src/state/paths.ts'
import { openState, sealState } from '../../src/state/seal.ts'
import { keyFilesIn, openStateKey } from '../../src/state/state-key.ts'
import { onPosix } from '../helpers/needs.ts'
import {
  all,
  allIn,
  bytes,
  contentOf,
  copyOf,
  newExportKey,
  newPlace,
  put,
  startChild,
  stateWith,
  text,
} from '../helpers/state.ts'
import { rejects, throws } from '../helpers/throws.ts'

const state = suite('client state')

state('gives back what was written, after opening it again too', async () => {
  const { place, exportKey, state } = await stateWith({ 'a/1': 'one', 'a/2': 'two', b: '' })
  assert.equal(await all(state), { 'a/1': 'one', 'a/2': 'two', b: '' })
  await put(state, { 'a/1': 'another', 'a/2': null, 'a/10': 'ten' })
  assert.equal(await allIn(place, exportKey), { 'a/1': 'another', 'a/10': 'ten', b: '' })
  await state.withState(async (store) => {
    assert.equal(await store.list('a/'), ['a/1', 'a/10'])
    assert.equal(await store.list('A'), [])
    assert.is(await store.get('a/2'), undefined)
    assert.is(await store.get('c'), undefined)
  })
})

state('gives back what is still being written', async () => {
  const { state } = await stateWith({ a: 'before' })
  await state.withState(async (store) => {
    const writing = store.write(
      new Map([
        ['a', utf8('after')],
        ['b', utf8('new')],
      ]),
    )
    assert.equal(await store.get('a'), utf8('after'))
    assert.equal(await store.list(''), ['a', 'b'])
    await writing
  })
})

state('takes any bytes, and a megabyte of them', async () => {
  const { place, exportKey, state } = await stateWith()
  const long = new Uint8Array(1 << 20).map((_, i) => i * 7)
  await state.withState((store) => store.write(new Map([['long', long]])))
  const again = await ClientState.open(place, exportKey)
  assert.equal(await again.withState((store) => store.get('long')), long)
})

state(
  'keeps what it was given, not what becomes of it, and finishes what it accepted before it closes',
  async () => {
    const { state } = await stateWith()
    const store = await state.hold()
    const value = bytes('before')
    const writes = [store.write(new Map([['a', value]])), store.write(new Map([['a', bytes('last')]]))]
    writes.push(store.write(new Map([['b', value]])))
    value.fill(0)
    await store.close()
    await Promise.all(writes)
    assert.equal(await all(state), { a: 'last', b: 'before' })
  },
)

state('refuses names that are no names, and any use after it was closed', async () => {
  const { state } = await stateWith({ a: 'kept' })
  const store = await state.hold()
  for (const name of ['', 'ä', 'a\0', 'a\n', 'x'.repeat(1001)]) {
    const changes = new Map([
      ['a', null],
      [name, bytes('b')],
    ])
    assert.is(await store.write(changes).catch((error) => error.constructor), RangeError, name)
    assert.is(await store.get(name).catch((error) => error.constructor), RangeError, name)
  }
  await store.write(new Map([['x'.repeat(1000), bytes('')]]))
  await store.write(new Map())
  assert.is(text(await store.get('a')), 'kept')
  await store.close()
  await store.close()
  for (const use of [store.get('a'), store.list(''), store.write(new Map())]) {
    assert.is(await use.catch((error) => error.constructor), TypeError)
  }
  await state.close()
  assert.is(await state.hold().catch((error) => error.constructor), TypeError)
})

state('what throws in a piece of work lets go of the state, and what was written stays', async () => {
  const { state } = await stateWith()
  const work = state.withState(async (store) => {
    await store.write(new Map([['a', bytes('b')]]))
    throw Object.assign(new Error('no'), { code: 'mine' })
  })
  await rejects(work, 'mine')
  assert.equal(await state.withState(async (store) => text(await store.get('a')), { waitMs: 0 }), 'b')
})

state('nothing of the values can be read in any file, nor the keys', async () => {
  const words = 'between the two of us, and nobody else at all'
  const { place, exportKey, state } = await stateWith({ one: words })
  await put(state, { one: `${words} again`, two: words })
  await put(state, { two: null })
  // Killed, it leaves its journal.
  const holder = startChild('state-holder', place, exportKey.toText(), 'three', words)
  assert.is(await holder.next(), 'held')
  holder.child.kill('SIGKILL')
  await holder.ended
  assert.ok(readdirSync(place).includes('state.sqlite-wal'), 'the journal is there')
  const stateKey = openStateKey(place, keyFilesIn(place), exportKey)
  const content = contentOf(place)
  assert.ok(content.includes('three'), 'names can be read: the search works')
  for (const hidden of [Buffer.from(words), Buffer.from(stateKey), Buffer.from(exportKey.reveal())]) {
    for (let i = 0; i + 8 <= hidden.length; i++) assert.not.ok(content.includes(hidden.subarray(i, i + 8)))
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      assert.not.ok(content.includes(hidden.toString(encoding).slice(0, 12)))
    }
  }
  assert.equal(await allIn(place, exportKey), { one: `${words} again`, three: words })
})

state('what was deleted or replaced is overwritten', async () => {
  const { place, state } = await stateWith({ a: 'x'.repeat(5000), b: 'y', c: 'z' })
  const rows = await sealedRows(place)
  await put(state, { a: null, b: 'other' })
  const content = contentOf(place)
  for (const { name, sealed } of rows) {
    const found = content.includes(sealed.subarray(0, 17))
    assert.is(found, name === 'c', name)
  }
})

/** Every value as it is in the database. */
async function sealedRows(place: string) {
  const database = openSqlite(join(place, 'state.sqlite'))
  const rows = await database.read<{ name: string; header: Uint8Array; sealed: Uint8Array }>(
    sql`select name, header, sealed from entries`,
  )
  await database.close()
  return rows.map((row) => ({ ...row, header: Buffer.from(row.header), sealed: Buffer.from(row.sealed) }))
}

/** Somebody who can write to the database. */
async function meddle(place: string, ...statements: Statement[]): Promise<void> {
  const database = openSqlite(join(place, 'state.sqlite'))
  await database.write(statements)
  await database.close()
}

state('another export key opens nothing, is told so, and changes nothing', async () => {
  const { place, exportKey, state } = await stateWith({ a: 'b' })
  const before = contentOf(place)
  await rejects(ClientState.open(place, newExportKey()), 'state_locked')
  const error = await ClientState.open(place, newExportKey()).catch((error: Error) => error)
  assert.match((error as Error).message, place)
  assert.match(
    hintFor(error) ?? '',
    /nothing is deleted, older messages are out of reach, groups are joined again/,
  )
  assert.ok(contentOf(place).equals(before))
  assert.equal(await allIn(place, exportKey), { a: 'b' })
  assert.equal(await all(state), { a: 'b' })
})

state('a sealed value opens under its key, for its purpose, in its place, and no other', () => {
  const [key, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const purpose = 'symbolon/1 client state value'
  const sealed = sealState(purpose, key, utf8('a'), bytes('words'))
  assert.is(text(openState(purpose, key, utf8('a'), sealed)), 'words')
  throws(() => openState(purpose, other, utf8('a'), sealed), 'decryption_failed')
  throws(() => openState(purpose, key, utf8('b'), sealed), 'decryption_failed')
  throws(() => openState('symbolon/1 client state contents', key, utf8('a'), sealed), 'decryption_failed')
  assert.is.not(text(sealState(purpose, key, utf8('a'), bytes('words'))), text(sealed), 'never sealed alike')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    throws(() => openState(purpose, key, utf8('a'), flipped(sealed, bit)), 'decryption_failed')
  }
  for (let length = 0; length < sealed.length; length++) {
    throws(() => openState(purpose, key, utf8('a'), sealed.slice(0, length)), 'decryption_failed')
  }
})

function flipped(from: Uint8Array, bit: number): Buffer {
  const changed = Buffer.from(from)
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return changed
}

state('values moved, renamed, taken away, added or put back to older ones are refused', async () => {
  const { place, exportKey, state } = await stateWith({ a: 'one', b: 'two' })
  const [oldA] = await sealedRows(place)
  assert.ok(oldA)
  const stranger = await stateWith({ c: 'three' })
  const [foreign] = await sealedRows(stranger.place)
  assert.ok(foreign)
  await put(state, { a: 'newer' })
  const meddlings: Record<string, Statement[]> = {
    swapped: [
      sql`update entries set name = 'c' where name = 'a'`,
      sql`update entries set name = 'a' where name = 'b'`,
      sql`update entries set name = 'b' where name = 'c'`,
    ],
    renamed: [sql`update entries set name = 'c' where name = 'a'`],
    deleted: [sql`delete from entries where name = 'a'`],
    'all deleted': [sql`delete from entries`],
    older: [sql`update entries set header = ${oldA.header}, sealed = ${oldA.sealed} where name = 'a'`],
    added: [sql`insert into entries values ('c', ${foreign.header}, ${foreign.sealed})`],
    'longer names': [sql`update entries set name = ${'a'.repeat(70_000)} where name = 'a'`],
    'names that are none': [sql`update entries set name = 'a' || char(10) where name = 'a'`],
    'of another type': [sql`update entries set header = 'text' where name = 'a'`],
    'no contents': [sql`delete from contents`],
    'contents of another type': [sql`update contents set sealed = 7`],
    'no table': [sql`drop table contents`],
    'no values': [sql`drop table entries`],
  }
  for (const [what, statements] of Object.entries(meddlings)) {
    const copy = copyOf(place)
    await meddle(copy, ...statements)
    const before = await readState(copy)
    const code = await allIn(copy, exportKey).then(
      () => 'nothing',
      (error) => error.code,
    )
    assert.is(code, 'state_damaged', what)
    assert.equal(await readState(copy), before, 'left as it is')
  }
})

/** A state as it was first written: see test/state/fixtures/README.md. */
function firstState() {
  const place = newPlace()
  cpSync(new URL('./fixtures/first-contents', import.meta.url), place, { recursive: true })
  chmodSync(place, 0o700)
  for (const name of readdirSync(place)) chmodSync(join(place, name), 0o600)
  return { place, exportKey: new Secret('export key', new Uint8Array(64).fill(7)) }
}

const FIRST_VALUES = { cursor: '2', 'group/friends': 'members', 'message/friends/1': 'hello' }

state('one that was written at first opens with all that is in it, and goes on', async () => {
  const { place, exportKey } = firstState()
  assert.equal(await allIn(place, exportKey), FIRST_VALUES)
  const again = await ClientState.open(place, exportKey)
  await put(again, { cursor: '3', more: 'again' })
  const later = { ...FIRST_VALUES, cursor: '3', more: 'again' }
  assert.equal(await all(again), later)
  assert.equal(await allIn(place, exportKey), later)
})

state('what was changed in one that was written at first is refused, before and after a write', async () => {
  const { place, exportKey } = firstState()
  const old = (await sealedRows(place)).find(({ name }) => name === 'cursor')
  const [first] = await sealedContents(place)
  assert.ok(old)
  const refused = async (...statements: Statement[]) => {
    const copy = copyOf(place)
    await meddle(copy, ...statements)
    await rejects(ClientState.open(copy, exportKey), 'state_damaged')
  }
  const meddlings = [
    sql`delete from contents`,
    sql`delete from entries where name = 'cursor'`,
    sql`update entries set name = 'course' where name = 'cursor'`,
    sql`update entries set header = (select header from entries where name = 'group/friends') where name = 'cursor'`,
  ]
  for (const statement of meddlings) await refused(statement)
  await put(await ClientState.open(place, exportKey), { cursor: '3' })
  for (const statement of meddlings) await refused(statement)
  await refused(sql`update entries set header = ${old.header}, sealed = ${old.sealed} where name = 'cursor'`)
  await refused(sql`update contents set sealed = ${first?.sealed ?? null}`)
})

async function sealedContents(place: string) {
  const database = openSqlite(join(place, 'state.sqlite'))
  const rows = await database.read<{ sealed: Uint8Array }>(sql`select sealed from contents`)
  await database.close()
  return rows
}

const readState = async (place: string) => readFileSync(join(place, 'state.sqlite'))

state('a value that is not of its header is refused when it is read, and the rest can be read', async () => {
  const { place, exportKey, state } = await stateWith({ a: 'one', b: 'two' })
  const [, b] = await sealedRows(place)
  assert.ok(b)
  await meddle(place, sql`update entries set sealed = ${b.sealed} where name = 'a'`)
  const again = await ClientState.open(place, exportKey)
  await again.withState(async (store) => {
    await rejects(store.get('a'), 'state_damaged')
    assert.is(text(await store.get('b')), 'two')
  })
  const store = await state.hold()
  assert.match(String(await store.get('a').catch(String)), place)
  await store.close()
})

state('a changed bit anywhere in the database is told, or changes nothing', async () => {
  const values = { 'group/1': 'secrets of a group', 'message/1': 'hello', 'message/2': 'again' }
  const { place, exportKey } = await stateWith(values)
  const whole = await readState(place)
  const parts = (await sealedRows(place)).flatMap(({ name, header, sealed }) => [
    Buffer.from(name),
    header,
    sealed,
  ])
  const told = new Set<number>()
  // Everything that is not empty, and some of what is.
  const places = [...whole.keys()].filter((i) => whole[i] !== 0 || i % 61 === 0)
  for (const i of places) {
    const copy = copyOf(place)
    // A bit of each byte, each in its turn.
    writeFileSync(join(copy, 'state.sqlite'), flipped(whole, i * 8 + (i % 8)))
    const outcome = await allIn(copy, exportKey).catch((error) => error.code)
    if (typeof outcome === 'string') {
      assert.ok(['state_damaged', 'state_unavailable'].includes(outcome), `byte ${i}: ${outcome}`)
      told.add(i)
    } else {
      assert.equal(outcome, values, `byte ${i}`)
    }
    rmSync(copy, { recursive: true })
  }
  for (const part of parts) {
    const start = whole.indexOf(part)
    for (let i = start; i < start + part.length; i++) assert.ok(told.has(i) || whole[i] === 0, `byte ${i}`)
  }
})

const sameAsWritten = (text: string, before: string) => {
  const decoded = (line: string) =>
    line.split(':').map((part) => Buffer.from(part, 'base64url').toString('hex'))
  const [kind] = before.split(':')
  return (
    text.startsWith(`${kind}:`) && /^[\w:-]+\n$/.test(text) && decoded(text).join() === decoded(before).join()
  )
}

state('a changed bit anywhere in the key is told', async () => {
  const { place, exportKey } = await stateWith()
  const [file = ''] = keyFilesIn(place)
  const whole = readFileSync(file)
  for (let bit = 0; bit < whole.length * 8; bit++) {
    writeFileSync(file, flipped(whole, bit))
    // Some last bits of a base64url text say nothing.
    if (sameAsWritten(readFileSync(file, 'latin1'), whole.toString('latin1'))) continue
    throws(() => openStateKey(place, [file], exportKey), 'state_damaged')
  }
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(file, whole.subarray(0, length))
    throws(() => openStateKey(place, [file], exportKey), 'state_damaged')
  }
  await rejects(ClientState.open(place, exportKey), 'state_damaged')
})

state(
  'files that are missing, cut short or something else are told, and nothing is made in their place',
  async () => {
    const { place, exportKey, state } = await stateWith({ a: 'b' })
    const damages: Record<string, (copy: string) => void> = {
      'no database': (copy) => rmSync(join(copy, 'state.sqlite')),
      'empty database': (copy) => truncateSync(join(copy, 'state.sqlite')),
      'half a database': (copy) => truncateSync(join(copy, 'state.sqlite'), 4096),
      'a letter': (copy) => writeFileSync(join(copy, 'state.sqlite'), 'to my aunt'.repeat(1000)),
      'no key': (copy) => rmSync(keyFilesIn(copy)[0] ?? ''),
      'empty key': (copy) => truncateSync(keyFilesIn(copy)[0] ?? ''),
    }
    for (const [what, damage] of Object.entries(damages)) {
      const copy = copyOf(place)
      damage(copy)
      const error = await ClientState.open(copy, exportKey).catch((error) => error)
      assert.is(error.code, 'state_damaged', what)
      assert.match(error.message, copy)
      if (what === 'no database') assert.not.ok(readdirSync(copy).includes('state.sqlite'), 'none was made')
      if (what === 'no key') assert.equal(keyFilesIn(copy), [], 'none was made')
    }
    rmSync(join(place, 'state.sqlite'))
    await rejects(all(state), 'state_damaged')
    assert.not.ok(readdirSync(place).includes('state.sqlite'), 'not made by whoever had it open')
  },
)

state('a process that ended while it made the state leaves one that can be opened', async () => {
  const { place, exportKey } = await stateWith()
  for (const file of keyFilesIn(place)) rmSync(file)
  const again = await ClientState.open(place, exportKey)
  await put(again, { a: 'b' })
  assert.equal(await allIn(place, exportKey), { a: 'b' })
})

onPosix(state)('is readable by its owner only, and refused when it is not', async () => {
  const { place, exportKey, state } = await stateWith({ a: 'b' })
  assert.is(statSync(place).mode & 0o777, 0o700)
  const store = await state.hold()
  await store.write(new Map([['c', bytes('d')]]))
  const names = readdirSync(place)
  assert.equal(names.map((name) => name.replace(/\.[0-9a-f]{16}$/, '')).sort(), [
    'key',
    'lock',
    'state.sqlite',
    'state.sqlite-shm',
    'state.sqlite-wal',
  ])
  for (const name of names) assert.is(statSync(join(place, name)).mode & 0o777, 0o600, name)
  await store.close()
  for (const name of [join(place, 'state.sqlite'), join(place, 'lock'), ...keyFilesIn(place), place]) {
    const { mode } = statSync(name)
    chmodSync(name, mode | 0o022)
    await rejects(ClientState.open(place, exportKey), 'file_not_private')
    chmodSync(name, mode)
  }
  assert.equal(await allIn(place, exportKey), { a: 'b', c: 'd' })
})

state('put aside it is all there, and the next one begins empty', async () => {
  const { place, exportKey, state } = await stateWith({ a: 'b' })
  const aside = `${place}~1`
  renameSync(place, aside)
  await rejects(all(state), 'state_damaged')
  const otherKey = newExportKey()
  const next = await ClientState.open(place, otherKey)
  assert.equal(await all(next), {})
  assert.equal(await allIn(aside, exportKey), { a: 'b' })
  // Whoever had the old one open does not mix them up.
  await rejects(all(state), 'state_damaged')
})

state('each principal and KDC has a place of its own, and all of a principal’s are found', async () => {
  const base = dirname(newPlace())
  assert.equal(stateDirectoriesOf(base, 'alice'), [])
  const key = 'A'.repeat(43)
  const path = stateDirectory(base, key, 'alice', 'linux')
  assert.is(path, join(base, key, 'alice'))
  for (const [kdc, name] of [
    [key, 'alice'],
    [key, 'alice.b'],
    [key, 'alice~20231114T221320Z'],
    ['B'.repeat(43), 'alice'],
    ['B'.repeat(43), 'bob'],
  ] as const) {
    await ClientState.open(join(base, kdc, name), newExportKey())
  }
  writeFileSync(join(base, 'a file'), '')
  writeFileSync(join(base, key, 'alice~notes'), '')
  assert.equal(
    stateDirectoriesOf(base, 'alice').sort(),
    [path, `${path}~20231114T221320Z`, join(base, 'B'.repeat(43), 'alice')].sort(),
  )
  // No two names meet on Windows, where some are devices' and dots at the end are dropped.
  for (const name of ['con', 'nul.txt', 'com1', 'alice.']) {
    assert.is(stateDirectory('', 'k', name, 'win32'), join('k', `~${name}~`))
    assert.is(stateDirectory('', 'k', name, 'darwin'), join('k', name))
  }
  for (const name of ['console', 'alice', 'a.con', 'com10'])
    assert.is(stateDirectory('', 'k', name, 'win32'), join('k', name))
})

state('each trouble has a hint, and says whether to try again', () => {
  const codes = ERROR_CODES.state.map((code) => {
    const error = new StateError(code, 'it is')
    assert.ok(hintFor(error), code)
    return [code, exitCodeOf(error)]
  })
  assert.equal(codes, [
    ['state_busy', 3],
    ['state_damaged', 1],
    ['state_locked', 1],
    ['state_unavailable', 3],
  ])
})

state('where there can be no directory it says so', async () => {
  const place = newPlace()
  await ClientState.open(dirname(place), newExportKey())
  writeFileSync(place, '')
  await rejects(ClientState.open(join(place, 'below'), newExportKey()), 'state_unavailable')
  renameSync(place, `${place}2`)
})

state.run()
