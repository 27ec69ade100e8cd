/**
 * Saving on a disk that becomes full, and then read-only. A child process of disk.test.ts, as root of a user namespace of its own:
 * `files-small-disk.ts DIRECTORY (full|readonly)`, where a file system of four megabytes is mounted.
 */
import { readdirSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { openIncomingFile } from '../../../src/files/incoming.ts'
import { openIncomingTree } from '../../../src/files/incoming-tree.ts'
import type { FileSink } from '../../../src/lib/transfer/index.ts'
import { rejects } from '../throws.ts'

const [, , disk = '', phase] = process.argv
const PIECE = 30_000

async function fill(file: FileSink, pieces: number): Promise<void> {
  await file.start(0)
  for (let n = 0; n < pieces; n++) await file.write(new Uint8Array(PIECE))
  await file.finish(new Uint8Array(32))
}

if (phase === 'full') {
  const file = await openIncomingFile(disk, { name: 'f' }, 'alice')
  await rejects(fill(file, 200), 'file_not_saved')
  await file.abandon('given_up')
  assert.equal(readdirSync(disk), [])
  await rejects(openIncomingFile(disk, { name: 'f', size: 5_000_000 }, 'alice'), 'file_not_saved')
  assert.equal(readdirSync(disk), [])

  const tree = await openIncomingTree(disk, { name: 't' }, 'alice')
  const entries = async () => {
    for (let n = 0; n < 200; n++) await fill(await tree.file([`${n}`], PIECE, {}), 1)
  }
  await rejects(entries(), 'file_not_saved')
  await tree.abandon('given_up')
  assert.equal(readdirSync(disk), [])

  // And there is room again.
  await fill(await openIncomingFile(disk, { name: 'whole', size: 2_000_000 }, 'alice'), 60)
}
if (phase === 'readonly') {
  await rejects(openIncomingFile(disk, { name: 'f', size: 5 }, 'alice'), 'file_not_saved')
  await rejects(openIncomingFile(disk, { name: 'f' }), 'file_not_saved')
  await rejects(openIncomingTree(disk, { name: 't' }, 'alice'), 'file_not_saved')
  assert.equal(readdirSync(disk), ['whole'])
  process.stdout.write('only what is whole\n')
}
