/** Files with secrets in them, and what is left of them when something goes wrong. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ensurePrivateDirectory,
  ensurePrivateFile,
  refuseIfReplaceable,
  refuseIfShared,
  replacePrivateFile,
  replacePrivateFileAfter,
} from '../../src/files/private-files.ts'
import { readSmallFile } from '../../src/files/small-file.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { asRoot, onPosix } from '../helpers/needs.ts'
import { nodeArguments } from '../helpers/program.ts'
import { rejects, throws } from '../helpers/throws.ts'

const files = suite<{ directory: ReturnType<typeof temporaryDirectory>; path: string }>('private files')

files.before.each((context) => {
  context.directory = temporaryDirectory()
  context.path = join(context.directory.path, 'keytab')
})
files.after.each(({ directory }) => directory.remove())

/** What the directory holds, by name; of directories, nothing. */
function contents(path: string): [string, string][] {
  return readdirSync(path, { withFileTypes: true }).map((entry) => [
    entry.name,
    entry.isFile() ? readFileSync(join(path, entry.name), 'utf8') : '',
  ])
}

files('a file is replaced after the act, during which both are on disk', async ({ directory, path }) => {
  writeFileSync(path, 'old', { mode: 0o600 })
  let during: [string, string][] = []
  await replacePrivateFileAfter(path, 'new', async () => {
    during = contents(directory.path)
  })
  assert.equal(during[0], ['keytab', 'old'])
  assert.match(during[1]?.[0] ?? '', /^keytab\.[0-9a-f]+\.tmp$/)
  assert.is(during[1]?.[1], 'new')
  assert.equal(contents(directory.path), [['keytab', 'new']])
})

files('when the act fails the old file is there, and nothing else', async ({ directory, path }) => {
  writeFileSync(path, 'old', { mode: 0o600 })
  const failure = Object.assign(new Error('the account is gone'), { code: 'gone' })
  await rejects(
    replacePrivateFileAfter(path, 'new', () => Promise.reject(failure)),
    'gone',
  )
  assert.equal(contents(directory.path), [['keytab', 'old']])
})

files(
  'when the file cannot be put in its place it stays, and the error names it',
  async ({ directory, path }) => {
    mkdirSync(path)
    let acted = false
    const attempt = replacePrivateFileAfter(path, 'new', async () => {
      acted = true
    })
    await rejects(attempt, 'file_not_moved')
    assert.ok(acted)
    const message = await attempt.catch(String)
    const [, kept] = contents(directory.path)
    assert.is(kept?.[1], 'new')
    assert.ok(String(message).includes(join(directory.path, kept?.[0] ?? '?')), String(message))
  },
)

onPosix(files)(
  'a file that the disk has no room for is not put in the place of a whole one',
  ({ directory, path }) => {
    writeFileSync(path, 'old', { mode: 0o600 })
    // No file may have more than 4 KiB: a part of it can be written.
    const limit = 'trap "" XFSZ; ulimit -f 8; exec "$0" "$@"'
    const program = nodeArguments('test/helpers/programs/file-replacer.ts')
    const { stderr } = spawnSync('sh', ['-c', limit, process.execPath, ...program, path], {
      encoding: 'utf8',
    })
    assert.match(stderr, /EFBIG/)
    assert.equal(contents(directory.path), [['keytab', 'old']])
  },
)

onPosix(files)('each bit that lets others in makes a file one that is not read', ({ path }) => {
  writeFileSync(path, 'secret')
  for (const bit of [0o040, 0o020, 0o010, 0o004, 0o002, 0o001]) {
    chmodSync(path, 0o600 | bit)
    throws(() => refuseIfShared(path), 'file_not_private')
    throws(() => ensurePrivateFile(path), 'file_not_private')
    throws(() => readSmallFile(path, { maxBytes: 100 }), 'file_not_private')
    assert.is(readSmallFile(path, { maxBytes: 100, mayBeShared: true }).toString(), 'secret')
  }
  chmodSync(path, 0o700)
  refuseIfShared(path)
  assert.is(readSmallFile(path, { maxBytes: 100 }).toString(), 'secret')
})

onPosix(files)(
  'a directory in which others can write is not used, whether by group or by anybody',
  ({ directory }) => {
    const place = join(directory.path, 'place')
    mkdirSync(place)
    for (const mode of [0o720, 0o702, 0o722, 0o730, 0o703, 0o1777]) {
      chmodSync(place, mode)
      throws(() => ensurePrivateDirectory(place), 'file_not_private')
      throws(() => replacePrivateFile(join(place, 'secret'), 'secret'), 'file_not_private')
      assert.equal(readdirSync(place), [])
    }
    // To look is another matter: each file is closed by itself.
    for (const mode of [0o700, 0o750, 0o755, 0o711]) {
      chmodSync(place, mode)
      ensurePrivateDirectory(place)
    }
  },
)

onPosix(files)(
  'what stands where another user can rename it is not used, however it is reached',
  ({ directory }) => {
    const above = join(directory.path, 'above')
    const place = join(above, 'between', 'place')
    const link = join(directory.path, 'link')
    mkdirSync(place, { recursive: true })
    symlinkSync(above, link)
    const paths = [place, join(link, 'between', 'place')]
    for (const open of [above, join(above, 'between')]) {
      chmodSync(open, 0o702)
      for (const path of paths) throws(() => refuseIfReplaceable(path), 'file_not_private')
      for (const mode of [0o1777, 0o755]) {
        chmodSync(open, mode)
        for (const path of paths) refuseIfReplaceable(path)
      }
    }
  },
)

asRoot(files)(
  'nor is what stands in a directory of another user, such as the home of one who became root',
  ({ directory }) => {
    const place = join(directory.path, 'home', 'place')
    mkdirSync(place, { recursive: true })
    refuseIfReplaceable(place)
    chownSync(join(directory.path, 'home'), 1000, 1000)
    throws(() => refuseIfReplaceable(place), 'file_not_private')
  },
)

files.run()
