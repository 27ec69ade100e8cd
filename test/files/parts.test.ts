/** What one sender leaves unfinished in a directory has bounds. */
import { lutimesSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { holdPart, MOST_LEFT, partId } from '../../src/files/parts.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'

const parts = suite<{ directory: ReturnType<typeof temporaryDirectory>; at: string }>('parts')

parts.before.each((context) => {
  context.directory = temporaryDirectory()
  context.at = context.directory.path
})
parts.after.each(({ directory }) => directory.remove())

const MIB = 1024 * 1024
const idOf = (name: string, sender = 'alice', kind: 'file' | 'directory' = 'file') =>
  partId(sender, kind, name, 5e6)
const nameOf = (id: string) => `.symbolon-${id}.part`

/** Puts a part there that was left so many minutes ago. */
function leave(at: string, id: string, minutesAgo: number, bytes = MIB): string {
  const path = join(at, nameOf(id))
  writeFileSync(path, Buffer.alloc(bytes), { mode: 0o600 })
  return aged(path, minutesAgo)
}

function leaveDirectory(at: string, id: string, minutesAgo: number, bytes: number): string {
  const path = join(at, nameOf(id))
  mkdirSync(join(path, 'sub'), { recursive: true, mode: 0o700 })
  writeFileSync(join(path, 'sub', 'f'), Buffer.alloc(bytes))
  return aged(path, minutesAgo)
}

function aged(path: string, minutesAgo: number): string {
  const time = Date.now() / 1000 - 60 * minutesAgo
  lutimesSync(path, time, time)
  return path
}

/** A transfer that is cut. */
async function cut(at: string, id: string, { bytes = MIB, mostLeft = 1e9 } = {}): Promise<void> {
  const part = await holdPart(at, id, 'file', mostLeft)
  writeFileSync(part.path, Buffer.alloc(bytes), { mode: 0o600 })
  await part.release(true)
}

const left = (at: string, ids: string[]) => {
  const names = readdirSync(at)
  return ids.map((id) => names.includes(nameOf(id)))
}

parts('are left in a number, of each sender: the oldest go first', async ({ at }) => {
  const ids = Array.from({ length: MOST_LEFT }, (_, i) => idOf(`f${i}`))
  for (const [i, id] of ids.entries()) leave(at, id, 100 - i)
  const bobs = Array.from({ length: 3 }, (_, i) => idOf(`f${i}`, 'bob'))
  for (const id of bobs) leave(at, id, 500)
  await cut(at, idOf('new'))
  assert.equal(left(at, [...ids, idOf('new')]), [false, ...ids.slice(1).map(() => true), true])
  assert.equal(left(at, bobs), [true, true, true])
  assert.is(readdirSync(at).length, MOST_LEFT + 3)
})

parts(
  'are left up to so many bytes, those in directories too; the last stays whatever it has',
  async ({ at }) => {
    const [old, tree, file] = [idOf('old'), idOf('tree', 'alice', 'directory'), idOf('file')]
    leave(at, old, 30)
    leaveDirectory(at, tree, 20, 3 * MIB)
    leave(at, file, 10)
    await cut(at, idOf('new'), { mostLeft: 5 * MIB })
    assert.equal(left(at, [old, tree, file, idOf('new')]), [false, true, true, true])
    await cut(at, idOf('newer'), { mostLeft: 5 * MIB })
    assert.equal(left(at, [tree, file, idOf('new'), idOf('newer')]), [false, true, true, true])
    await cut(at, idOf('huge'), { bytes: 9 * MIB, mostLeft: 5 * MIB })
    assert.equal(readdirSync(at), [nameOf(idOf('huge'))])
  },
)

parts('somebody is at work on stay, and what was killed counts', async ({ at }) => {
  const held = await holdPart(at, idOf('held'), 'file')
  writeFileSync(held.path, Buffer.alloc(MIB))
  aged(held.path, 200)
  // Of an earlier process with our number.
  const killed = held.path
    .replace(idOf('held'), idOf('killed'))
    .replace(/[0-9a-f]{8}\.part$/, '01234567.part')
  writeFileSync(killed, Buffer.alloc(MIB), { mode: 0o600 })
  aged(killed, 100)
  const ids = Array.from({ length: MOST_LEFT }, (_, i) => idOf(`f${i}`))
  for (const [i, id] of ids.entries()) leave(at, id, 50 - i)
  // Whatever it is that is begun.
  const begun = await holdPart(at, idOf('begun'), 'file')
  assert.equal(
    left(at, ids),
    ids.map(() => true),
  )
  const names = readdirSync(at).map((name) => join(at, name))
  assert.equal([names.includes(held.path), names.includes(killed)], [true, false])
  await begun.release(true)
  await held.release(false)
})

parts('that are gone on with are not among those that are too many', async ({ at }) => {
  const ids = Array.from({ length: MOST_LEFT + 1 }, (_, i) => idOf(`f${i}`))
  for (const [i, id] of ids.entries()) leave(at, id, 100 - i)
  const part = await holdPart(at, ids[0] ?? '', 'file')
  assert.ok(part.found)
  assert.equal(left(at, ids), [false, ...ids.slice(1).map(() => true)])
  await part.release(false)
})

parts.run()
