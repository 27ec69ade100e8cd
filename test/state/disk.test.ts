/** A disk that is full or read-only: said plainly, and nothing is lost. */

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs, onPosix, runs } from '../helpers/needs.ts'
import { nodeArguments } from '../helpers/program.ts'
import { allIn, newExportKey, newPlace, stateWith } from '../helpers/state.ts'

const test = suite('client state, on a bad disk')

const programOf = (name: string) => [process.execPath, ...nodeArguments(`test/helpers/programs/${name}.ts`)]

onPosix(test)(
  'when nothing more can be written it says so, and all that was acknowledged is there',
  async () => {
    const { place, exportKey } = await stateWith()
    // No file may grow beyond 150 KB; the signal that says so would end the process.
    const limited = ['-c', 'trap "" XFSZ; ulimit -f 300; exec "$0" "$@"', ...programOf('state-writer')]
    const { stdout, stderr } = spawnSync('sh', [...limited, place, exportKey.toText(), 'a'], {
      encoding: 'utf8',
    })
    assert.match(stderr, /code: 'state_unavailable'/)
    const last = Number(stdout.trim().split('\n').at(-1))
    assert.ok(last > 3, stdout)
    const kept = await allIn(place, exportKey)
    for (let n = 0; n <= last; n++) assert.ok(kept[`a/${n}`]?.startsWith(`a${n} `), `a/${n}`)
    assert.is(kept['a/last'], `${last}`)
    assert.is(kept[`a/${last + 1}`], undefined)
  },
)

// The directory is $0, what is to be run for each state of the disk $@.
const SMALL = 'mount -t tmpfs -o size=512k,mode=700 tmpfs "$0"'
const PHASES = [
  SMALL,
  '"$@" full',
  'mount -o remount,ro "$0"',
  '"$@" readonly',
  'mount -o remount,rw "$0"',
  '"$@" again',
]
const shell = (commands: string[], ...args: string[]) => ['-rm', 'sh', '-c', commands.join(' && '), ...args]

const withDisks = needs(
  'user namespaces for all, on Linux',
  () => runs('unshare', ...shell([SMALL], '/mnt')),
  'sysctl kernel.unprivileged_userns_clone=1, or run it as root',
)

withDisks(test)('full or read-only, it says so, and nothing is lost', () => {
  const disk = newPlace()
  mkdirSync(disk, { recursive: true })
  const program = [...programOf('state-small-disk'), disk, newExportKey().toText()]
  const child = spawnSync('unshare', shell(PHASES, disk, ...program), { encoding: 'utf8' })
  assert.is(child.stderr, '')
  assert.is(child.stdout, 'nothing was lost\n')
})

test.run()
