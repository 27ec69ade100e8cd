/**
 * Files from one to another by the installed command, beside scp with the same cipher: one large one, and a directory of many. All write
 * into the same file system; what was written is compared with what was sent. scp leaves it to the system when it is on disk; followed by
 * `sync -f` it promises what ours does.
 *
 * @module
 */
import { execFileSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compare, interleave, runBenchmark, say } from './harness.ts'
import { installSymbolon } from './installed-symbolon.ts'
import { type SshServer, startSshServer } from './peers/ssh.ts'
import { ended, said, start, stop } from './processes.ts'
import { startToolsRealm } from './tools-realm.ts'

const MIB = 1024 * 1024
const ROUNDS = 7
/** In quick runs, less of everything. */
const SCALE = process.env.SYMBOLON_BENCH_ROUNDS ? 1 / 20 : 1
const LARGE_BYTES = Math.round(5 * 1024 * SCALE) * MIB
const MANY_FILES = Math.round(10_000 * SCALE)
const MANY_BYTES = Math.round(1024 * SCALE) * MIB
const GOAL = 1.5

await runBenchmark('files', async () => {
  const ssh = await startSshServer()
  const realm = await startToolsRealm(await installSymbolon())
  const place = (name: string) => join(realm.directory, name)
  say('making the files')
  makeFile(place('large'), LARGE_BYTES)
  makeDirectory(place('many'))
  const works = [
    { what: `one file of ${LARGE_BYTES / MIB} MiB`, path: place('large'), bytes: LARGE_BYTES },
    { what: `${MANY_BYTES / MIB} MiB in ${MANY_FILES} files`, path: place('many'), bytes: MANY_BYTES },
  ]
  const rows = []
  for (const { what, path, bytes } of works) {
    say(what)
    const scp = async (isSynced: boolean) => {
      const inbox = place('inbox')
      mkdirSync(inbox)
      const seconds = await timed(() => copied(ssh, path, inbox, isSynced))
      return checked(path, inbox, bytes / seconds)
    }
    const { ours, theirs, synced } = await interleave(ROUNDS, {
      ours: async () => {
        const inbox = place('inbox')
        const bob = realm.run(
          ['receive', 'bob', '--output', inbox, '--max-file', '10GB', ...realm.password],
          'pipe',
        )
        await said(bob, /listening on/)
        const seconds = await timed(() =>
          ended(realm.run(['send', 'alice', 'bob', '--file', path, ...realm.password])),
        )
        await stop(bob)
        return checked(path, inbox, bytes / seconds)
      },
      theirs: () => scp(false),
      synced: () => scp(true),
    })
    const row = { what, group: 'files', unit: 'MB/s', better: 'higher', ours } as const
    const against = `scp, ${ssh.version.split(',')[0]}`
    rows.push(
      compare({ ...row, against, goal: GOAL, theirs }),
      compare({ ...row, against: `${against}, then sync -f`, theirs: synced }),
    )
  }
  return { rows }
})

async function timed(work: () => Promise<void>): Promise<number> {
  const from = performance.now()
  await work()
  return (performance.now() - from) / 1000
}

async function copied(
  { copyOptions, host }: SshServer,
  path: string,
  inbox: string,
  isSynced: boolean,
): Promise<void> {
  await ended(start('scp', ['-r', ...copyOptions, path, `${host}:${inbox}/`], { stdio: 'ignore' }))
  if (isSynced) await ended(start('sync', ['-f', inbox], { stdio: 'ignore' }))
}

/** What came is what was sent, or the figure is worth nothing; then it is removed. @returns the rate, in MB/s. */
function checked(path: string, inbox: string, bytesPerSecond: number): number {
  execFileSync('diff', ['-rq', path, join(inbox, path.split('/').at(-1) ?? '')], { stdio: 'inherit' })
  rmSync(inbox, { recursive: true })
  // What is left to be written is not to slow down the next one.
  execFileSync('sync', ['-f', dirname(inbox)])
  return bytesPerSecond / 1e6
}

function makeFile(path: string, bytes: number): void {
  const file = openSync(path, 'w')
  const piece = new Uint8Array(MIB)
  for (let written = 0; written < bytes; written += piece.length) writeSync(file, randomFillSync(piece))
  closeSync(file)
}

function makeDirectory(path: string): void {
  const each = randomFillSync(new Uint8Array(Math.round(MANY_BYTES / MANY_FILES)))
  for (let i = 0; i < MANY_FILES; i++) {
    const folder = join(path, String(Math.floor(i / 100)))
    if (i % 100 === 0) mkdirSync(folder, { recursive: true })
    each[0] = i
    writeFileSync(join(folder, `${i}.bin`), each)
  }
}
