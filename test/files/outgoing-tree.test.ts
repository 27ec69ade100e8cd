/** Directories to be sent, and what may lie in one. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { measureTree, openTree, sourceOf } from '../../src/files/outgoing-tree.ts'
import type { EntrySource, TreeSource } from '../../src/lib/transfer/index.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { withLinks } from '../helpers/links.ts'
import { asOrdinaryUser, needs, onPosix } from '../helpers/needs.ts'
import { mostInOneTurn } from '../helpers/other-fs.ts'
import { rejects } from '../helpers/throws.ts'

const outgoing = suite<{ directory: ReturnType<typeof temporaryDirectory>; at: string }>(
  'directories to be sent',
)
const linux = needs(
  'file names of any bytes',
  () => process.platform === 'linux',
  'run it on Linux',
)(outgoing)
const posix = onPosix(outgoing)

outgoing.before.each((context) => {
  context.directory = temporaryDirectory()
  context.at = join(context.directory.path, 'photos')
  mkdirSync(context.at)
})
outgoing.after.each(({ directory }) => directory.remove())

async function listOf(tree: TreeSource): Promise<string[]> {
  const found: string[] = []
  for await (const entry of tree.entries()) {
    found.push(`${entry.path.join('/')}${entry.kind === 'directory' ? '/' : ` ${await textOf(entry)}`}`)
  }
  return found
}

outgoing('let others have their turn, however many small files there are', async ({ at }) => {
  for (let n = 0; n < 200; n++) writeFileSync(join(at, `${n}`), 'x')
  const most = await mostInOneTurn(async (count) => {
    for await (const entry of openTree(at, listener().hears).entries()) {
      count()
      if (entry.kind === 'file') await textOf(entry)
    }
  })
  assert.ok(most <= 32, `${most}`)
})

async function textOf(entry: EntrySource & { kind: 'file' }): Promise<string> {
  const content = await entry.open()
  try {
    const bytes = new Uint8Array(content.size ?? 0)
    await content.read(bytes, 0)
    await content.verify?.()
    return Buffer.from(bytes).toString()
  } finally {
    await content.close()
  }
}

function listener() {
  const skipped: string[] = []
  const renamed: string[] = []
  return {
    skipped,
    renamed,
    hears: {
      skipped: (path: string, why: string) => void skipped.push(`${path}: ${why}`),
      renamed: (path: string) => void renamed.push(path),
    },
  }
}

outgoing('come in an order that stays, each directory before what is in it', async ({ at }) => {
  for (const name of ['b', 'a', 'B', 'ä']) writeFileSync(join(at, name), name)
  mkdirSync(join(at, 'c', 'deep', 'empty'), { recursive: true })
  writeFileSync(join(at, 'c', 'x'), '')
  const tree = openTree(at, listener().hears)
  assert.is(tree.name, 'photos')
  assert.equal(await listOf(tree), ['B B', 'a a', 'b b', 'c/', 'c/deep/', 'c/deep/empty/', 'c/x ', 'ä ä'])
  assert.equal(await measureTree(at), { files: 5, bytes: 5 })
})

outgoing('have the name that they have, however they are called', async ({ at }) => {
  for (const path of [at, `${at}/`, join(at, 'x', '..'), `${at}/.`]) {
    assert.is(openTree(path, listener().hears).name, 'photos')
  }
  assert.is(openTree('.', listener().hears).name, basename(process.cwd()))
  assert.is(openTree('/', listener().hears).name, 'root')
})

withLinks(outgoing)('do not follow links, also not round in circles', async ({ at, directory }) => {
  writeFileSync(join(directory.path, 'secret'), 'secret')
  writeFileSync(join(at, 'file'), '1')
  symlinkSync('.', join(at, 'loop'))
  symlinkSync('..', join(at, 'up'))
  symlinkSync('file', join(at, 'within'))
  symlinkSync('../secret', join(at, 'without'))
  symlinkSync('itself', join(at, 'itself'))
  const { hears, skipped } = listener()
  assert.equal(await listOf(openTree(at, hears)), ['file 1'])
  assert.equal(skipped, ['itself: link', 'loop: link', 'up: link', 'within: link', 'without: link'])
})

withLinks(outgoing)('and files are found by a link that was named', async ({ at, directory }) => {
  writeFileSync(join(at, 'file'), '1')
  const [toDirectory, toFile] = [join(directory.path, 'pictures'), join(directory.path, 'one')]
  symlinkSync(at, toDirectory)
  symlinkSync(join(at, 'file'), toFile)
  const tree = await sourceOf(toDirectory, listener().hears)
  assert.equal([tree.kind, tree.name], ['directory', 'pictures'])
  assert.equal(await listOf(tree as TreeSource), ['file 1'])
  const file = await sourceOf(toFile, listener().hears)
  assert.equal([file.kind, file.name], ['file', 'one'])
  symlinkSync('self', join(directory.path, 'self'))
  await rejects(sourceOf(join(directory.path, 'self'), listener().hears), 'file_not_readable')
})

withLinks(outgoing)('do not follow a link that takes the place of a file', async ({ at, directory }) => {
  writeFileSync(join(directory.path, 'secret'), 'secret')
  writeFileSync(join(at, 'file'), '1')
  for await (const entry of openTree(at, listener().hears).entries()) {
    rmSync(join(at, 'file'))
    symlinkSync('../secret', join(at, 'file'))
    if (entry.kind === 'file') await rejects(entry.open(), 'file_not_readable')
  }
})

posix('pass over what is no file, and say so', async ({ at }) => {
  spawnSync('mkfifo', [join(at, 'pipe')])
  const server = createServer().listen(join(at, 's'))
  await new Promise((resolve) => server.once('listening', resolve))
  writeFileSync(join(at, 'file'), '1')
  const { hears, skipped } = listener()
  assert.equal(await listOf(openTree(at, hears)), ['file 1'])
  assert.equal(skipped, ['pipe: not a file', 's: not a file'])
  for (const name of ['pipe', 's']) await rejects(sourceOf(join(at, name), hears), 'file_not_readable')
  await rejects(sourceOf('/dev/null', hears), 'file_not_readable')
  server.close()
})

linux('are sent under names that can be read, where theirs are not UTF-8', async ({ at }) => {
  const place = Buffer.from(`${at}/`)
  const named = (bytes: number[]) => Buffer.concat([place, Buffer.from(bytes)])
  mkdirSync(named([0x64, 0xff]))
  writeFileSync(Buffer.concat([named([0x64, 0xff]), Buffer.from('/x')]), 'deep')
  writeFileSync(named([0xe9]), 'latin')
  writeFileSync(named([0xee]), 'other')
  writeFileSync(join(at, '\ufffd'), 'valid')
  const { hears, renamed } = listener()
  assert.equal(await listOf(openTree(at, hears)), [
    'd\ufffd/',
    'd\ufffd/x deep',
    '\ufffd (2) latin',
    '\ufffd (3) other',
    '\ufffd valid',
  ])
  assert.equal(renamed, ['d\ufffd', '\ufffd (2)', '\ufffd (3)'])
})

outgoing('are not sent deeper than can be said', async ({ at }) => {
  const deep = join(at, ...Array(64).fill('d'))
  mkdirSync(join(deep, 'too'), { recursive: true })
  writeFileSync(join(deep, 'file'), '')
  const { hears, skipped } = listener()
  assert.is((await listOf(openTree(at, hears))).length, 64)
  assert.equal(skipped, [
    `${Array(64).fill('d').join('/')}/file: too deep`,
    `${Array(64).fill('d').join('/')}/too: too deep`,
  ])
})

outgoing('that change are noticed', async ({ at }) => {
  writeFileSync(join(at, 'file'), '12345')
  for (const change of ['1234', '123456']) {
    const source = await sourceOf(join(at, 'file'), listener().hears)
    if (source.kind === 'directory') throw new Error('no file')
    const content = await source.open()
    writeFileSync(join(at, 'file'), change)
    await rejects(content.verify?.() ?? Promise.resolve(), 'file_changed')
    await content.close()
  }
})

outgoing('that are not there are refused', async ({ at }) => {
  await rejects(sourceOf(join(at, 'none'), listener().hears), 'file_not_readable')
  await rejects(listOf(openTree(join(at, 'none'), listener().hears)), 'file_not_readable')
})

asOrdinaryUser(outgoing)('that we may not look into are refused', async ({ at }) => {
  mkdirSync(join(at, 'closed'), { mode: 0 })
  await rejects(listOf(openTree(at, listener().hears)), 'file_not_readable')
  chmodSync(join(at, 'closed'), 0o700)
})

outgoing.run()
