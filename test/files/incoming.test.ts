/** Saving what others send, where things may stand in the way or have been put there on purpose. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ensureOutputDirectory, saveIncoming } from '../../src/files/incoming.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { ProtocolError } from '../../src/lib/errors.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { withLinks } from '../helpers/links.ts'
import { rejects } from '../helpers/throws.ts'

const incoming = suite<{ directory: ReturnType<typeof temporaryDirectory>; at: string }>('files from others')

incoming.before.each((context) => {
  context.directory = temporaryDirectory()
  context.at = join(context.directory.path, 'inbox')
  mkdirSync(context.at)
})
incoming.after.each(({ directory }) => directory.remove())

const described = (name: string, text: string) => ({
  name,
  size: utf8(text).length,
  sha256: createHash('sha256').update(text).digest(),
})

const bytesOf = (text: string) =>
  async function* () {
    const bytes = utf8(text)
    yield bytes.subarray(0, 1)
    yield bytes.subarray(1)
  }

const save = (at: string, name: string, text: string) =>
  saveIncoming(at, described(name, text), bytesOf(text))

const never = (): AsyncIterable<Uint8Array> => {
  throw new Error('fetched in vain')
}

incoming('are saved whole, for their owner, under the name that was given', async ({ at }) => {
  assert.equal(await save(at, 'report.pdf', 'one'), { path: join(at, 'report.pdf'), already: false })
  assert.is(readFileSync(join(at, 'report.pdf'), 'utf8'), 'one')
  if (process.platform !== 'win32') assert.is(statSync(join(at, 'report.pdf')).mode & 0o777, 0o600)
  await save(at, 'empty', '')
  assert.equal(readdirSync(at).sort(), ['empty', 'report.pdf'])
})

incoming(
  'of one name are told apart by a number, and the same bytes are kept once, unfetched',
  async ({ at }) => {
    await save(at, 'report.pdf', 'one')
    assert.is((await save(at, 'report.pdf', 'two')).path, join(at, 'report (2).pdf'))
    assert.is((await save(at, 'report.pdf', 'six')).path, join(at, 'report (3).pdf'))
    for (const [text, name] of [
      ['one', 'report.pdf'],
      ['two', 'report (2).pdf'],
    ] as const) {
      const again = await saveIncoming(at, described('report.pdf', text), never)
      assert.equal(again, { path: join(at, name), already: true })
    }
    assert.is(readdirSync(at).length, 3)
  },
)

incoming('of one name that come at the same time are all kept, each once', async ({ at }) => {
  const texts = Array.from({ length: 8 }, (_, i) => `text ${i % 4}`)
  await Promise.all(texts.map((text) => save(at, 'x', text)))
  const kept = readdirSync(at).map((name) => readFileSync(join(at, name), 'utf8'))
  assert.equal(kept.sort(), ['text 0', 'text 1', 'text 2', 'text 3'])
})

incoming('stay in the directory, whatever their name', async ({ at, directory }) => {
  for (const name of ['../../up', '/etc/x', 'a/b', '..', '', 'NUL.txt', '.hidden', `${'x'.repeat(400)}.y`]) {
    const { path } = await save(at, name, `bytes of ${name}`)
    assert.ok(path.startsWith(at), path)
    assert.is(lstatSync(path).isFile(), true)
  }
  assert.equal(readdirSync(directory.path), ['inbox'])
  assert.is(readdirSync(at).length, 8)
})

withLinks(incoming)(
  'never go through a link, nor replace one, be it to a file or to nothing',
  async ({ at, directory }) => {
    const victim = join(directory.path, 'victim')
    writeFileSync(victim, 'precious')
    symlinkSync(victim, join(at, 'a'))
    symlinkSync(join(directory.path, 'not-yet'), join(at, 'b'))
    symlinkSync('c', join(at, 'c'))
    assert.is((await save(at, 'a', 'evil')).path, join(at, 'a (2)'))
    // Also when the victim has these very bytes: the link may lead elsewhere tomorrow.
    assert.is((await save(at, 'a', 'precious')).path, join(at, 'a (3)'))
    assert.is((await save(at, 'b', 'evil')).path, join(at, 'b (2)'))
    assert.is((await save(at, 'c', 'evil')).path, join(at, 'c (2)'))
    assert.is(readFileSync(victim, 'utf8'), 'precious')
    assert.not.ok(existsSync(join(directory.path, 'not-yet')))
    assert.is(lstatSync(join(at, 'a')).isSymbolicLink(), true)
  },
)

withLinks(incoming)(
  'do not take the place of what appears under their name while they come',
  async ({ at, directory }) => {
    const victim = join(directory.path, 'victim')
    writeFileSync(victim, 'precious')
    const { path } = await saveIncoming(at, described('x', 'evil'), async function* () {
      symlinkSync(victim, join(at, 'x'))
      mkdirSync(join(at, 'x (2)'))
      writeFileSync(join(at, 'x (3)'), 'mine')
      yield utf8('evil')
    })
    assert.is(path, join(at, 'x (4)'))
    assert.is(readFileSync(victim, 'utf8'), 'precious')
    assert.is(readFileSync(join(at, 'x (3)'), 'utf8'), 'mine')
  },
)

incoming('are written under a name that nobody can foresee, and not where something is', async ({ at }) => {
  const seen = new Set<string>()
  for (const text of ['one', 'two']) {
    await saveIncoming(at, described('x', text), async function* () {
      for (const name of readdirSync(at).filter((found) => found.startsWith('.'))) seen.add(name)
      yield utf8(text)
    })
  }
  assert.is(seen.size, 2)
  for (const name of seen) assert.match(name, /^\.symbolon-[0-9a-f]{16}\.part$/)
})

incoming('with a directory in the way get the next name', async ({ at }) => {
  mkdirSync(join(at, 'x'))
  assert.is((await save(at, 'x', 'one')).path, join(at, 'x (2)'))
})

incoming('that turn out damaged, or stop coming, leave nothing', async ({ at }) => {
  const damaged = saveIncoming(at, described('x', 'one'), async function* () {
    yield utf8('on')
    throw new ProtocolError('file_damaged', 'not what was described')
  })
  await rejects(damaged, 'file_damaged')
  assert.equal(readdirSync(at), [])
})

incoming('that cannot be saved are said to be so, with where and why', async ({ at, directory }) => {
  const gone = saveIncoming(at, described('x', 'one'), async function* () {
    yield utf8('one')
    rmSync(at, { recursive: true })
  })
  const error = await gone.catch((caught: Error & { code: string }) => caught)
  assert.is((error as { code?: string }).code, 'file_not_saved')
  assert.is((error as Error).message, `cannot save in ${at}: it is gone`)
  await rejects(save(at, 'x', 'one'), 'file_not_saved')

  const file = join(directory.path, 'file')
  writeFileSync(file, '')
  await rejects(save(file, 'x', 'one'), 'file_not_saved')
  await rejects(ensureOutputDirectory(file), 'file_not_saved')
  await rejects(ensureOutputDirectory(join(file, 'below')), 'file_not_saved')
})

incoming('that are larger than the disk are not even fetched', async ({ at }) => {
  const huge = { ...described('x', ''), size: Number.MAX_SAFE_INTEGER }
  await rejects(saveIncoming(at, huge, never), 'file_not_saved')
  assert.equal(readdirSync(at), [])
})

incoming('have their directory made only in one that is there', async ({ at }) => {
  const error = await ensureOutputDirectory(join(at, 'none', 'below')).catch((caught: Error) => caught)
  assert.match((error as Error).message, /cannot save in .*below: the directory to make it in is not there/)
  assert.equal(readdirSync(at), [])
  // Node's recursive mkdir never comes back from there.
  if (process.platform === 'linux') await rejects(ensureOutputDirectory('/proc/none'), 'file_not_saved')
})

incoming('have their directory made, for its owner', async ({ at }) => {
  const below = join(at, 'a')
  await ensureOutputDirectory(below)
  await ensureOutputDirectory(below)
  if (process.platform !== 'win32') assert.is(statSync(below).mode & 0o777, 0o700)
})

withLinks(incoming)(
  'of which a killed tool has left a part a day ago take it away, and nothing else',
  async ({ at }) => {
    const part = (digit: string) => `.symbolon-${digit.repeat(16)}.part`
    const others = ['x.part', '.symbolon-1.part', `${part('1')}.txt`, `x${part('1')}`]
    for (const name of [part('a'), part('b'), ...others]) writeFileSync(join(at, name), 'half')
    mkdirSync(join(at, part('c')))
    symlinkSync(join(at, 'x.part'), join(at, part('d')))
    const [now, dayAgo] = [Date.now() / 1000, Date.now() / 1000 - 24 * 60 * 60 - 60]
    for (const name of readdirSync(at)) lutimesSync(join(at, name), now, dayAgo)
    // Another tool is at work on this one.
    lutimesSync(join(at, part('b')), now, now - 23 * 60 * 60)
    await save(at, 'new', 'one')
    assert.equal(readdirSync(at).sort(), [...others, part('b'), part('c'), part('d'), 'new'].sort())
  },
)

incoming('that are coming when the program ends leave nothing', ({ at }) => {
  const module = new URL('../../src/files/incoming.ts', import.meta.url)
  const program = `
    import { readdirSync } from 'node:fs'
    import { saveIncoming } from ${JSON.stringify(module.href)}
    saveIncoming(${JSON.stringify(at)}, { name: 'x', size: 2, sha256: new Uint8Array(32) }, async function* () {
      yield new Uint8Array(1)
      process.stdout.write(String(readdirSync(${JSON.stringify(at)}).length))
      process.exit(130)
    })`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program]
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const child = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
  assert.is(child.status, 130, child.stderr)
  assert.is(child.stdout, '1', 'something was there')
  assert.equal(readdirSync(at), [])
})

incoming.run()
