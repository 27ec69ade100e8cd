/** Files that come from somebody, are cut, and come again. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type IncomingFile, openIncomingFile } from '../../src/files/incoming.ts'
import { holdPart, partId } from '../../src/files/parts.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { withLinks } from '../helpers/links.ts'
import { asOrdinaryUser } from '../helpers/needs.ts'
import { rejects } from '../helpers/throws.ts'
import { pattern } from '../helpers/transfer-memory.ts'

const incoming = suite<{ directory: ReturnType<typeof temporaryDirectory>; at: string }>(
  'files that are resumed',
)

incoming.before.each((context) => {
  context.directory = temporaryDirectory()
  context.at = join(context.directory.path, 'inbox')
  mkdirSync(context.at)
})
incoming.after.each(({ directory }) => directory.remove())

const SIZE = 3_000_000
const CAME = 2_000_001
const WHOLE = pattern(SIZE)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
const open = (at: string, changes: { name?: string; size?: number; sender?: string } = {}) => {
  const { name = 'f', size = SIZE, sender = 'alice' } = changes
  return openIncomingFile(at, { name, size }, sender)
}

async function heldOf(file: IncomingFile): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of file.held()) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

async function fill(file: IncomingFile, from: number, to: number): Promise<void> {
  await file.start(from)
  for (let at = from; at < to; at += 50_000) await file.write(WHOLE.subarray(at, Math.min(at + 50_000, to)))
}

/** A transfer that is cut. */
async function cut(at: string, came = CAME, changes = {}): Promise<void> {
  const file = await open(at, changes)
  await fill(file, 0, came)
  await file.abandon('cut')
}

/** Goes on with what is held, to the end. */
async function finish(file: IncomingFile, from: number): Promise<string> {
  await fill(file, from, SIZE)
  await file.finish(sha256(WHOLE))
  assert.equal(readFileSync(file.saved?.path ?? ''), WHOLE)
  return file.saved?.path ?? ''
}

incoming('are gone on with where they were cut', async ({ at }) => {
  await cut(at)
  const [part = '', ...others] = readdirSync(at)
  assert.match(part, /^\.symbolon-[0-9a-f]{32}\.part$/)
  assert.equal(others, [])
  if (process.platform !== 'win32') assert.is(statSync(join(at, part)).mode & 0o777, 0o600)
  const again = await open(at)
  assert.equal(await heldOf(again), WHOLE.subarray(0, CAME))
  assert.is(await finish(again, CAME), join(at, 'f'))
  assert.equal(readdirSync(at), ['f'])
})

incoming('can be begun anew, whatever is held', async ({ at }) => {
  await cut(at)
  assert.is(await finish(await open(at), 0), join(at, 'f'))
  assert.equal(readdirSync(at), ['f'])
})

incoming('can be cut many times', async ({ at }) => {
  let came = 0
  for (const next of [1_100_000, 1_100_001, 2_999_999]) {
    const file = await open(at)
    assert.is((await heldOf(file)).length, came)
    await fill(file, came, next)
    await file.abandon('cut')
    came = next
  }
  await finish(await open(at), came)
  assert.equal(readdirSync(at), ['f'])
})

incoming('of which less than a mebibyte came are not kept', async ({ at }) => {
  await cut(at, 2 ** 20 - 1)
  assert.equal(readdirSync(at), [])
  await cut(at, 2 ** 20)
  assert.is(readdirSync(at).length, 1)
})

incoming('that are given up, or of nobody, or of unknown size, are not kept', async ({ at }) => {
  const given = await open(at)
  await fill(given, 0, CAME)
  await given.abandon('given_up')
  assert.equal(readdirSync(at), [])
  for (const begin of [
    () => openIncomingFile(at, { name: 'f', size: SIZE }),
    () => openIncomingFile(at, { name: 'f' }, 'alice'),
  ]) {
    const unknown = await begin()
    await fill(unknown, 0, CAME)
    await unknown.abandon('cut')
    assert.equal(readdirSync(at), [])
  }
})

incoming('are those of the same sender, name and size alone', async ({ at }) => {
  await cut(at)
  for (const changes of [{ sender: 'mallory' }, { name: 'g' }, { size: SIZE + 1 }]) {
    const other = await open(at, changes)
    assert.is((await heldOf(other)).length, 0, JSON.stringify(changes))
    await other.abandon('given_up')
  }
  const ids = [
    partId('alice', 'file', 'f', 1),
    partId('alice', 'directory', 'f', 1),
    partId('alice', 'file', 'f'),
    partId('alice', 'file', 'f","1', 1),
    partId('alice"', 'file', 'f', 1),
  ]
  assert.is(new Set(ids).size, ids.length)
})

incoming('that come twice at once do not get into each other', async ({ at }) => {
  await cut(at)
  const one = await open(at)
  const other = await open(at)
  assert.is((await heldOf(one)).length, CAME)
  assert.is((await heldOf(other)).length, 0)
  const [a, b] = await Promise.all([finish(one, CAME), finish(other, 0)])
  assert.is(a, b)
  assert.equal([one.saved?.already, other.saved?.already].sort(), [false, true])
  assert.equal(readdirSync(at), ['f'])
})

incoming('that are cut twice at once keep what came further', async ({ at }) => {
  const one = await open(at)
  const other = await open(at)
  await fill(one, 0, CAME)
  await fill(other, 0, 1_500_000)
  await one.abandon('cut')
  await other.abandon('cut')
  assert.is(readdirSync(at).length, 1)
  const again = await open(at)
  assert.is((await heldOf(again)).length, CAME)
  await again.abandon('given_up')
})

incoming('are free again when who held them has ended, and not before', async ({ at }) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); console.log("here")'])
  await once(child.stdout, 'data')
  const holder = await open(at)
  await fill(holder, 0, CAME)
  const [name = ''] = readdirSync(at)
  assert.match(name, /^\.symbolon-[0-9a-f]{32}-[0-9a-f]{8}-\d+-[0-9a-f]{8}\.part$/)
  const theirs = name.replace(`-${process.pid}-`, `-${child.pid}-`)
  const away = name.replace(/(?<=\.symbolon-[0-9a-f]{32}-)[0-9a-f]{8}/, '01234567')
  await holder.abandon('cut')
  renameSync(join(at, readdirSync(at)[0] ?? ''), join(at, theirs))

  const meanwhile = await open(at)
  assert.is((await heldOf(meanwhile)).length, 0)
  await meanwhile.abandon('given_up')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const afterwards = await open(at)
  assert.is((await heldOf(afterwards)).length, CAME)
  await afterwards.abandon('cut')

  // Of another machine nobody here can tell.
  renameSync(join(at, readdirSync(at)[0] ?? ''), join(at, away.replace(`-${process.pid}-`, `-${child.pid}-`)))
  const elsewhere = await open(at)
  assert.is((await heldOf(elsewhere)).length, 0)
  await elsewhere.abandon('given_up')
})

incoming('of an earlier process with our number are free', async ({ at }) => {
  const holder = await open(at)
  await fill(holder, 0, CAME)
  const [name = ''] = readdirSync(at)
  await holder.abandon('cut')
  renameSync(join(at, readdirSync(at)[0] ?? ''), join(at, name))
  const again = await open(at)
  assert.is((await heldOf(again)).length, CAME)
  await again.abandon('given_up')
})

incoming('whose place many want at once are had by one', async ({ at }) => {
  await cut(at)
  const parts = await Promise.all(
    Array.from({ length: 8 }, () => holdPart(at, partId('alice', 'file', 'f', SIZE), 'file')),
  )
  assert.is(parts.filter(({ found }) => found).length, 1)
  assert.is(new Set(parts.map(({ path }) => path)).size, 8)
  for (const part of parts) await part.release(false)
  assert.equal(readdirSync(at), [])
})

withLinks(incoming)('whose parts are not quite ours are left alone', async ({ at, directory }) => {
  await cut(at)
  const part = join(at, readdirSync(at)[0] ?? '')
  const victim = join(directory.path, 'victim')

  // A second name, as when it was killed just after it had become whole.
  linkSync(part, join(at, 'f'))
  const linked = await open(at)
  assert.is((await heldOf(linked)).length, 0)
  await linked.abandon('given_up')
  assert.equal(readFileSync(join(at, 'f')), WHOLE.subarray(0, CAME))

  rmSync(part)
  writeFileSync(victim, WHOLE)
  symlinkSync(victim, part)
  const followed = await open(at, { name: 'f' })
  assert.is((await heldOf(followed)).length, 0)
  await fill(followed, 0, 5)
  await followed.abandon('given_up')
  assert.equal(readFileSync(victim), WHOLE)

  rmSync(part)
  mkdirSync(part)
  const inTheWay = await open(at)
  assert.is((await heldOf(inTheWay)).length, 0)
  await inTheWay.abandon('given_up')
})

incoming('longer than they can be are begun anew', async ({ at }) => {
  await cut(at)
  const part = join(at, readdirSync(at)[0] ?? '')
  writeFileSync(part, Buffer.alloc(SIZE + 1))
  const file = await open(at)
  assert.is((await heldOf(file)).length, 0)
  await finish(file, 0)
})

incoming('whose parts are a day old are not gone on with', async ({ at }) => {
  await cut(at)
  const dayAgo = Date.now() / 1000 - 24 * 60 * 60 - 60
  lutimesSync(join(at, readdirSync(at)[0] ?? ''), dayAgo, dayAgo)
  const file = await open(at)
  await file.abandon('given_up')
  assert.equal(readdirSync(at), [])
})

incoming('do not fit on the disk, or cannot be written, are refused with where and why', async ({ at }) => {
  await rejects(open(at, { size: Number.MAX_SAFE_INTEGER }), 'file_not_saved')
  assert.equal(readdirSync(at), [])
  const file = await open(at)
  await fill(file, 0, SIZE)
  rmSync(at, { recursive: true })
  await rejects(file.finish(sha256(WHOLE)), 'file_not_saved')
  await file.abandon('given_up')
  await rejects(open(at), 'file_not_saved')
})

asOrdinaryUser(incoming)('are refused where we may not write', async ({ at }) => {
  chmodSync(at, 0o500)
  await rejects(open(at), 'file_not_saved')
})

incoming.run()
