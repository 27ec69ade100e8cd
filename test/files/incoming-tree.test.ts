/** Directories that come from somebody. */
import { createHash } from 'node:crypto'
import {
  existsSync,
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
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type IncomingTree, openIncomingTree } from '../../src/files/incoming-tree.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { withLinks } from '../helpers/links.ts'
import { diskError, fsyncAs, mostInOneTurn, withOtherFs } from '../helpers/other-fs.ts'
import { rejects } from '../helpers/throws.ts'
import { pattern } from '../helpers/transfer-memory.ts'

const incoming = suite<{ directory: ReturnType<typeof temporaryDirectory>; at: string }>(
  'directories from others',
)

incoming.before.each((context) => {
  context.directory = temporaryDirectory()
  context.at = join(context.directory.path, 'inbox')
  mkdirSync(context.at)
})
incoming.after.each(({ directory }) => directory.remove())

const LARGE = pattern(2_000_000)
const open = (at: string, name = 'photos', sender = 'alice') => openIncomingTree(at, { name }, sender)

async function put(tree: IncomingTree, path: string[], bytes: Uint8Array): Promise<number> {
  const file = await tree.file(path, bytes.length, {})
  let from = 0
  for await (const piece of file.held?.() ?? []) from += piece.length
  if (bytes.length < 1000 || from === 0) from = 0
  await file.start(from)
  await file.write(bytes.subarray(from))
  await file.finish(createHash('sha256').update(bytes).digest())
  return from
}

/** All that is in a directory, with directories as null, but for what is no key of an object. */
function contents(path: string, below = ''): Record<string, string | null> {
  const found: Record<string, string | null> = {}
  for (const entry of readdirSync(join(path, below), { withFileTypes: true })) {
    const name = join(below, entry.name)
    if (name === '__proto__') continue
    if (entry.isDirectory()) Object.assign(found, { [name]: null }, contents(path, name))
    else found[name] = readFileSync(join(path, name), 'latin1').slice(0, 20)
  }
  return found
}

const text = (value: string) => Buffer.from(value)

incoming('appear whole, and not before', async ({ at }) => {
  const tree = await open(at)
  await tree.directory(['2024'], {})
  await put(tree, ['2024', 'a'], text('one'))
  await tree.directory(['2024', 'none'], {})
  await put(tree, ['b'], text(''))
  const before = readdirSync(at)
  assert.is(before.length, 1)
  assert.match(before[0] ?? '', /^\.symbolon-.*\.part$/)
  if (process.platform !== 'win32') assert.is(statSync(join(at, before[0] ?? '')).mode & 0o777, 0o700)
  await tree.finish()
  assert.equal(tree.saved, { path: join(at, 'photos'), already: false })
  assert.equal(readdirSync(at), ['photos'])
  assert.equal(contents(join(at, 'photos')), { '2024': null, '2024/a': 'one', '2024/none': null, b: '' })
  if (process.platform !== 'win32') assert.is(statSync(join(at, 'photos', 'b')).mode & 0o777, 0o600)
})

incoming('do not go into what is there', async ({ at }) => {
  mkdirSync(join(at, 'photos'))
  writeFileSync(join(at, 'photos', 'mine'), 'mine')
  mkdirSync(join(at, 'photos (2)'))
  writeFileSync(join(at, 'photos (3)'), 'mine')
  const tree = await open(at)
  await put(tree, ['mine'], text('theirs'))
  await tree.finish()
  assert.is(tree.saved?.path, join(at, 'photos (4)'))
  assert.is(readFileSync(join(at, 'photos', 'mine'), 'utf8'), 'mine')
})

incoming('are kept beside what came before under that name', async ({ at }) => {
  for (const name of ['photos', 'photos (2)']) {
    const tree = await open(at)
    await put(tree, ['a'], text('one'))
    await tree.finish()
    assert.equal(tree.saved, { path: join(at, name), already: false })
    assert.equal(contents(join(at, name)), { a: 'one' })
  }
  assert.equal(readdirSync(at).sort(), ['photos', 'photos (2)'])
})

withLinks(incoming)('do not go where links lead', async ({ at, directory }) => {
  symlinkSync(directory.path, join(at, 'photos'))
  symlinkSync(join(directory.path, 'not-yet'), join(at, 'photos (2)'))
  const tree = await open(at)
  await put(tree, ['x'], text('theirs'))
  await tree.finish()
  assert.is(tree.saved?.path, join(at, 'photos (3)'))
  assert.equal(readdirSync(directory.path), ['inbox'])
})

incoming('have no names in them that lead anywhere', async ({ at, directory }) => {
  const tree = await open(at, '../../x')
  await tree.directory(['..'], {})
  await tree.directory(['/etc'], {})
  for (const [index, path] of [
    ['..', '..'],
    ['..', '../../x'],
    ['/etc', 'passwd'],
    ['CON'],
    ['.symbolon-0123456789abcdef.part'],
    ['\x1b]0;x\x07'],
    ['__proto__'],
    ['a\0b'],
    ['C:\\x'],
    ['.'],
  ].entries()) {
    await put(tree, path, text(String(index)))
  }
  await tree.finish()
  assert.is(tree.saved?.path, join(at, 'x'))
  assert.equal(contents(join(at, 'x')), {
    '_]0;x_': '5',
    _CON: '3',
    a_b: '7',
    etc: null,
    'etc/passwd': '2',
    file: null,
    'file (2)': '9',
    'file/file': '0',
    'file/x': '1',
    'symbolon-0123456789abcdef.part': '4',
    x: '8',
  })
  assert.is(readFileSync(join(at, 'x', '__proto__'), 'utf8'), '6')
  assert.equal(readdirSync(directory.path), ['inbox'])
})

incoming('have a number on names that are one name elsewhere', async ({ at }) => {
  const tree = await open(at)
  const names = [
    'README',
    'readme',
    'ReadMe (2)',
    'a?b',
    'a*b',
    'stra\u00dfe',
    'STRASSE',
    'e\u0301',
    '\u00e9',
    'x.txt',
    'X.TXT',
  ]
  for (const [index, name] of names.entries()) await put(tree, [name], text(String(index)))
  await tree.directory(['readme'], {})
  await tree.directory(['README'], {})
  await put(tree, ['readme', 'a'], text('of the first'))
  await put(tree, ['README', 'a'], text('of the second'))
  await tree.finish()
  assert.equal(contents(join(at, 'photos')), {
    README: '0',
    'readme (2)': '1',
    'ReadMe (2) (2)': '2',
    a_b: '3',
    'a_b (2)': '4',
    'stra\u00dfe': '5',
    'STRASSE (2)': '6',
    '\u00e9': '7',
    '\u00e9 (2)': '8',
    'x.txt': '9',
    'X (2).TXT': '10',
    'readme (3)': null,
    'readme (3)/a': 'of the first',
    'README (4)': null,
    'README (4)/a': 'of the second',
  })
})

incoming('take what is in directories that have come, and each directory once', async ({ at }) => {
  const tree = await open(at)
  await tree.directory(['a'], {})
  await rejects(tree.directory(['a'], {}), 'malformed')
  await rejects(tree.directory(['b', 'c'], {}), 'malformed')
  await rejects(tree.file(['b', 'c'], 1, {}), 'malformed')
  await put(tree, ['f'], text('1'))
  await rejects(tree.file(['f', 'c'], 1, {}), 'malformed')
  await tree.abandon('given_up')
  assert.equal(readdirSync(at), [])
})

incoming('that are cut are gone on with, and what did not come again goes', async ({ at }) => {
  const first = await open(at)
  await first.directory(['d'], {})
  await put(first, ['d', 'large'], LARGE)
  await put(first, ['gone'], text('1'))
  await first.directory(['gone too'], {})
  await put(first, ['gone too', 'x'], text('1'))
  await first.directory(['becomes a file'], {})
  await put(first, ['becomes a file', 'x'], text('1'))
  await put(first, ['becomes a directory'], text('1'))
  const half = await first.file(['half'], LARGE.length, {})
  await half.start(0)
  await half.write(LARGE.subarray(0, 1_500_000))
  await half.abandon('cut')
  await first.abandon('cut')
  assert.match(readdirSync(at).join(), /^\.symbolon-[0-9a-f]{32}\.part$/)

  const second = await open(at)
  await second.directory(['d'], {})
  assert.is(await put(second, ['d', 'large'], LARGE), LARGE.length)
  assert.is(await put(second, ['half'], LARGE), 1_500_000)
  await put(second, ['becomes a file'], text('2'))
  await second.directory(['becomes a directory'], {})
  await second.finish()
  const start = LARGE.toString('latin1', 0, 20)
  assert.equal(contents(join(at, 'photos')), {
    d: null,
    'd/large': start,
    half: start,
    'becomes a file': '2',
    'becomes a directory': null,
  })
  assert.equal(readFileSync(join(at, 'photos', 'half')), LARGE)
})

incoming('of which little has come are not kept; nor those given up, or of nobody', async ({ at }) => {
  const little = await open(at)
  await put(little, ['a'], pattern(2 ** 20 - 1))
  await little.abandon('cut')
  assert.equal(readdirSync(at), [])
  const given = await open(at)
  await put(given, ['a'], LARGE)
  await given.abandon('given_up')
  assert.equal(readdirSync(at), [])
  const nobodys = await openIncomingTree(at, { name: 'photos' })
  await put(nobodys, ['a'], LARGE)
  await nobodys.abandon('cut')
  assert.equal(readdirSync(at), [])
  const half = await open(at)
  const file = await half.file(['a'], 2 ** 30, {})
  await file.start(0)
  await file.write(pattern(2 ** 20))
  await file.abandon('cut')
  await half.abandon('cut')
  assert.is(readdirSync(at).length, 1)
})

incoming('that come twice at once are two', async ({ at }) => {
  const one = await open(at)
  const other = await open(at)
  await put(one, ['a'], text('one'))
  await put(other, ['a'], text('other'))
  await Promise.all([one.finish(), other.finish()])
  assert.equal(contents(at), {
    photos: null,
    'photos/a': readFileSync(join(at, 'photos', 'a'), 'utf8'),
    'photos (2)': null,
    'photos (2)/a': readFileSync(join(at, 'photos (2)', 'a'), 'utf8'),
  })
  assert.equal([one.saved?.path, other.saved?.path].sort(), [join(at, 'photos'), join(at, 'photos (2)')])
})

withLinks(incoming)('find no way out through what an earlier attempt left', async ({ at, directory }) => {
  const first = await open(at)
  await first.directory(['d'], {})
  await put(first, ['large'], LARGE)
  await put(first, ['d', 'x'], text('1'))
  await first.abandon('cut')
  const part = join(at, readdirSync(at)[0] ?? '')
  const victim = join(directory.path, 'victim')
  mkdirSync(victim)
  writeFileSync(join(victim, 'x'), 'precious')
  rmSync(join(part, 'd'), { recursive: true })
  symlinkSync(victim, join(part, 'd'))
  rmSync(join(part, 'large'))
  symlinkSync(join(victim, 'x'), join(part, 'large'))
  const second = await open(at)
  await second.directory(['d'], {})
  await put(second, ['d', 'x'], text('2'))
  await put(second, ['large'], LARGE)
  await second.finish()
  assert.is(readFileSync(join(victim, 'x'), 'utf8'), 'precious')
  assert.equal(contents(join(at, 'photos')), { d: null, 'd/x': '2', large: LARGE.toString('latin1', 0, 20) })
})

incoming('are not given their name when something of them is gone', async ({ at }) => {
  const tree = await open(at)
  await put(tree, ['a'], text('1'))
  await put(tree, ['b'], text('1'))
  rmSync(join(at, readdirSync(at)[0] ?? '', 'a'))
  await rejects(tree.finish(), 'file_not_saved')
  await tree.abandon('given_up')
  assert.equal(readdirSync(at), [])
})

incoming('are not given their name when one small file of them does not come to the disk', async ({ at }) => {
  for (const last of [false, true]) {
    const tree = await open(at)
    let calls = 0
    const fails = fsyncAs((file, done, own) => {
      if (calls++ === 1) setImmediate(done, diskError())
      else own(file, done)
    })
    await withOtherFs(fails, async () => {
      await put(tree, ['a'], text('1'))
      await put(tree, ['b'], text('2'))
    })
    // More than may be on their way: what has failed by then is known before the end.
    const more = async () => {
      for (let n = 0; n < 100; n++) await put(tree, [`c${n}`], text('3'))
    }
    if (last) await rejects(tree.finish(), 'file_not_saved')
    else await rejects(more(), 'file_not_saved')
    await rejects(tree.finish(), 'file_not_saved')
    assert.not.ok(existsSync(join(at, 'photos')))
    await tree.abandon('given_up')
    assert.equal(readdirSync(at), [])
  }
})

incoming('are given their name when all small files of them are on disk, and not before', async ({ at }) => {
  const tree = await open(at)
  const waiting: (() => void)[] = []
  const waits = fsyncAs((_, done) => void waiting.push(() => done(null)))
  await withOtherFs(waits, async () => {
    for (const name of ['a', 'b', 'c']) await put(tree, [name], text(name))
  })
  const finished = tree.finish()
  for (const done of waiting) {
    // More than the rest of it takes.
    for (let n = 0; n < 100; n++) await readdir(at)
    assert.not.ok(existsSync(join(at, 'photos')))
    done()
  }
  await finished
  assert.is(waiting.length, 3)
  assert.equal(contents(join(at, 'photos')), { a: 'a', b: 'b', c: 'c' })
})

incoming('let others have their turn, however many small things come', async ({ at }) => {
  const tree = await open(at)
  // On disk at once: nothing has to be waited for.
  const most = await withOtherFs(
    fsyncAs((_, done) => queueMicrotask(() => done(null))),
    () =>
      mostInOneTurn(async (count) => {
        for (let n = 0; n < 200; n++) {
          count()
          await (n < 100 ? put(tree, [`${n}`], text('1')) : tree.directory([`${n}`], {}))
        }
      }),
  )
  assert.ok(most <= 32, `${most}`)
  await tree.abandon('given_up')
})

incoming('that were left a day ago are taken away', async ({ at }) => {
  const tree = await open(at)
  await put(tree, ['a'], LARGE)
  await tree.abandon('cut')
  const dayAgo = Date.now() / 1000 - 24 * 60 * 60 - 60
  lutimesSync(join(at, readdirSync(at)[0] ?? ''), dayAgo, dayAgo)
  const other = await open(at, 'other')
  await other.abandon('given_up')
  assert.equal(readdirSync(at), [])
})

incoming('cannot be made where there is nowhere', async ({ at }) => {
  rmSync(at, { recursive: true })
  await rejects(open(at), 'file_not_saved')
})

withLinks(incoming)(
  'a link that somebody puts in its place leads nothing out of it',
  async ({ at, directory }) => {
    const ours = join(directory.path, 'ours')
    mkdirSync(ours)
    writeFileSync(join(ours, 'keys'), 'mine')
    for (const step of ['before an entry', 'in an entry', 'before the end']) {
      const tree = await open(at)
      if (step === 'before the end') await put(tree, ['keys'], text('theirs'))
      const file = step === 'in an entry' ? await tree.file(['keys'], 6, {}) : undefined
      const [part = ''] = readdirSync(at)
      renameSync(join(at, part), join(directory.path, step))
      symlinkSync(ours, join(at, part))
      if (file && process.platform === 'linux') {
        await file.start(0)
        await file.write(text('theirs'))
        await file.finish(createHash('sha256').update('theirs').digest())
        assert.equal(contents(join(directory.path, step)), { keys: 'theirs' })
      }
      if (step === 'before an entry') await rejects(put(tree, ['keys'], text('theirs')), 'file_not_saved')
      await rejects(tree.finish(), 'file_not_saved')
      await tree.abandon('given_up')
      assert.equal(contents(ours), { keys: 'mine' }, step)
      assert.equal(readdirSync(at), [])
    }
  },
)

incoming.run()
