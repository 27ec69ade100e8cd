/** A disk that is full or read-only: said plainly, and nothing half is left. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { needs, runs } from '../helpers/needs.ts'
import { nodeArguments } from '../helpers/program.ts'

const test = suite('saving, on a bad disk')

// The directory is $0, what is to be run for each state of the disk $@.
const SMALL = 'mount -t tmpfs -o size=4m,mode=700 tmpfs "$0"'
const PHASES = [SMALL, '"$@" full', 'mount -o remount,ro "$0"', '"$@" readonly']
const shell = (commands: string[], ...args: string[]) => ['-rm', 'sh', '-c', commands.join(' && '), ...args]

const withDisks = needs(
  'user namespaces for all, on Linux',
  () => runs('unshare', ...shell([SMALL], '/mnt')),
  'sysctl kernel.unprivileged_userns_clone=1, or run it as root',
)

withDisks(test)('full or read-only, it says so, and nothing half is left', () => {
  const { path, remove } = temporaryDirectory()
  const script = fileURLToPath(new URL('../helpers/programs/files-small-disk.ts', import.meta.url))
  const program = [process.execPath, ...nodeArguments(script), path]
  const child = spawnSync('unshare', shell(PHASES, path, ...program), { encoding: 'utf8' })
  remove()
  assert.is(child.stderr, '')
  assert.is(child.stdout, 'only what is whole\n')
})

test.run()
