/** What travels of files beside their content, between two directories. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { takeInto } from '../../src/files/by-path.ts'
import { saveIncoming } from '../../src/files/incoming.ts'
import { sourceOf } from '../../src/files/outgoing-tree.ts'
import { receiveItems, sendItems } from '../../src/lib/transfer/index.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { needs } from '../helpers/needs.ts'
import { nodeArguments } from '../helpers/program.ts'
import { pair, pattern } from '../helpers/transfer-memory.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const files = suite<{ directory: ReturnType<typeof temporaryDirectory>; from: string; inbox: string }>(
  'files, beside their content',
)
const withModes = needs('a system with modes', () => process.platform !== 'win32', 'run the tests on another')

files.before.each((context) => {
  context.directory = temporaryDirectory()
  context.from = join(context.directory.path, 'outbox')
  context.inbox = join(context.directory.path, 'inbox')
  for (const path of [context.from, context.inbox]) mkdirSync(path)
})
files.after.each(({ directory }) => directory.remove())

/** In the past, in whole seconds. */
const THEN = new Date('2001-09-09T01:46:40Z')

/** Makes a file to be sent. */
function make(path: string, mode: number, time: Date = THEN, size = 10): string {
  writeFileSync(path, pattern(size))
  chmodSync(path, mode)
  utimesSync(path, time, time)
  return path
}

/** Sends these from one directory to another. */
async function send(paths: readonly string[], inbox: string): Promise<void> {
  const sources = await Promise.all(paths.map((path) => sourceOf(path, { skipped() {} })))
  const [alices, bobs] = pair()
  const [sent] = await Promise.all([
    sendItems(alices, sources),
    receiveItems(bobs, takeInto(inbox, 'alice').take),
  ])
  assert.is(sent.failed, 0)
}

const modeAt = (...path: string[]) => statSync(join(...path)).mode & 0o7777
const timeAt = (...path: string[]) => statSync(join(...path)).mtime

withModes(files)(
  'say whether their owner may run them, and no more of their mode',
  async ({ from, inbox }) => {
    const modes = {
      tool: 0o755,
      own: 0o700,
      plain: 0o644,
      secret: 0o600,
      open: 0o777,
      setuid: 0o6755,
      sticky: 0o1644,
    }
    const paths = Object.entries(modes).map(([name, mode]) => make(join(from, name), mode))
    await send([...paths, make(join(from, 'large'), 0o755, THEN, 100_000)], inbox)
    for (const [name, mode] of Object.entries(modes))
      assert.is(modeAt(inbox, name), mode & 0o100 ? 0o700 : 0o600, name)
    assert.is(modeAt(inbox, 'large'), 0o700)
    await send([from], inbox)
    for (const [name, mode] of Object.entries(modes)) {
      assert.is(modeAt(inbox, 'outbox', name), mode & 0o100 ? 0o700 : 0o600, `outbox/${name}`)
    }
    assert.is(modeAt(inbox, 'outbox'), 0o700)
  },
)

withModes(files)('are not to be run where the receiver’s umask says so', async ({ from, inbox }) => {
  const path = make(join(from, 'tool'), 0o755)
  const script = 'umask 0177; exec "$0" "$@"'
  execFileSync(
    'sh',
    ['-c', script, process.execPath, ...nodeArguments('test/helpers/programs/receive-one.ts'), path, inbox],
    { cwd: ROOT },
  )
  assert.is(modeAt(inbox, 'tool'), 0o600)
})

withModes(files)('are what they are now when they go on from an earlier attempt', async ({ from, inbox }) => {
  const path = join(from, 'large')
  const size = 3_000_000
  const cut = async () => {
    const taker = takeInto(inbox, 'alice')
    const sink = await taker.take({ kind: 'file', name: 'large', size })
    if (!('write' in sink)) throw new TypeError('no file')
    await sink.start(0)
    await sink.write(pattern(2_000_000))
    await sink.abandon('cut')
  }
  await cut()
  await send([make(path, 0o755, THEN, size)], inbox)
  assert.is(modeAt(inbox, 'large'), 0o700)
  assert.equal(timeAt(inbox, 'large'), THEN)
  assert.ok(readFileSync(join(inbox, 'large')).equals(Buffer.from(pattern(size))))
})

files('keep the time of their last change, and so do directories', async ({ from, inbox }) => {
  const below = join(from, 'a', 'b')
  mkdirSync(below, { recursive: true })
  make(join(below, 'small'), 0o600)
  make(join(below, 'large'), 0o600, new Date('2020-02-29T12:00:00Z'), 100_000)
  for (const path of [below, join(from, 'a'), from]) utimesSync(path, THEN, THEN)
  await send([from, make(join(from, '..', 'alone'), 0o600)], inbox)
  assert.equal(timeAt(inbox, 'outbox', 'a', 'b', 'large'), new Date('2020-02-29T12:00:00Z'))
  for (const path of ['alone', 'outbox', 'outbox/a', 'outbox/a/b', 'outbox/a/b/small']) {
    assert.equal(timeAt(inbox, path), THEN, path)
  }
})

files('were not changed in the future, whatever their sender says', async ({ from, inbox }) => {
  const future = new Date('2100-01-01T00:00:00Z')
  make(join(from, 'x'), 0o600, future)
  await send([from, join(from, 'x')], inbox)
  // Of what has come after.
  const now = Date.now()
  for (const path of ['x', 'outbox/x']) assert.ok(timeAt(inbox, path).getTime() <= now, path)
})

files('that are here already stay as they are', async ({ from, inbox }) => {
  const path = make(join(from, 'x'), 0o600)
  await send([path], inbox)
  chmodSync(path, 0o755)
  utimesSync(path, 1e9 + 1, 1e9 + 1)
  await send([path], inbox)
  assert.equal(timeAt(inbox, 'x'), THEN)
  assert.is(modeAt(inbox, 'x') & 0o111, 0)
})

files('that waited at the KDC have theirs too', async ({ inbox }) => {
  const bytes = pattern(10)
  const sha256 = createHash('sha256').update(bytes).digest()
  const about = { size: bytes.length, sha256 }
  const fetch = async function* () {
    yield bytes
  }
  await saveIncoming(inbox, { ...about, name: 'then', modifiedAt: THEN.getTime() / 1000 }, fetch)
  assert.equal(timeAt(inbox, 'then'), THEN)
  await saveIncoming(inbox, { ...about, name: 'far', modifiedAt: Number.MAX_SAFE_INTEGER }, fetch)
  assert.ok(timeAt(inbox, 'far').getTime() <= Date.now())
  await saveIncoming(inbox, { ...about, name: 'tool', executable: true }, fetch)
  // Windows has no such bits.
  if (process.platform !== 'win32') assert.is(modeAt(inbox, 'tool'), 0o700)
})

files.run()
