/** A directory that is held while we work in it. */
import { chownSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PinnedDirectory } from '../../src/files/pinned-directory.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { asOrdinaryUser, asRoot, needs, onPosix } from '../helpers/needs.ts'
import { rejects, throws } from '../helpers/throws.ts'

const held = suite<{ directory: ReturnType<typeof temporaryDirectory>; at: string }>(
  'a directory that is held',
)

held.before.each((context) => {
  context.directory = temporaryDirectory()
  context.at = join(context.directory.path, 'part')
  mkdirSync(context.at)
})
held.after.each(({ directory }) => directory.remove())

asRoot(held)('is not one that belongs to another', async ({ at }) => {
  const ours = await PinnedDirectory.open(at)
  await ours.close()
  chownSync(at, 65534, 65534)
  await rejects(PinnedDirectory.open(at), 'file_not_saved')
})

asOrdinaryUser(held)('is not one of root’s', async () => {
  await rejects(PinnedDirectory.open('/'), 'file_not_saved')
})

onPosix(held)('is no link, and no file', async ({ at, directory }) => {
  const link = join(directory.path, 'link')
  symlinkSync(at, link)
  const file = join(directory.path, 'file')
  writeFileSync(file, '')
  for (const path of [link, file]) await rejects(PinnedDirectory.open(path), 'ENOTDIR')
})

held('is noticed to be gone from under its name', async ({ at, directory }) => {
  const ours = await PinnedDirectory.open(at)
  ours.check()
  renameSync(at, join(directory.path, 'elsewhere'))
  throws(() => ours.check(), 'ENOENT')
  mkdirSync(at)
  throws(() => ours.check(), 'file_not_saved')
  await ours.close()
})

const procfs = needs('/proc', () => process.platform === 'linux', 'run it on Linux')
procfs(held)('what is made by way of it is in it, whatever has its name', async ({ at, directory }) => {
  const ours = await PinnedDirectory.open(at)
  const elsewhere = join(directory.path, 'elsewhere')
  renameSync(at, elsewhere)
  mkdirSync(at)
  writeFileSync(join(ours.path, 'file'), 'x')
  assert.equal([readdirSync(elsewhere), readdirSync(at)], [['file'], []])
  await ours.close()
})

held.run()
