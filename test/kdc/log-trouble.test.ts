/** A KDC whose log, or whose disk, cannot be written: it goes on, and says so. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PASSWORD, temporaryDirectory } from '../helpers/kdc.ts'
import { KdcProcess, post, runKdc, startKdc } from '../helpers/kdc-process.ts'
import { needs, runs } from '../helpers/needs.ts'
import { nodeArguments } from '../helpers/program.ts'

const trouble = suite('kdc, whose log cannot be written')

const home = temporaryDirectory()
process.on('exit', () => home.remove())
const place = () => join(mkdtempSync(join(home.path, 'data-')), 'kdc')

const login = async (url: string) =>
  (await post(`${url}/login`, { username: 'alice', password: PASSWORD })).status

async function withAlice(): Promise<string[]> {
  const data = place()
  await runKdc(['adduser', 'alice', '--data', data], { SYMBOLON_PASSWORD: PASSWORD })
  return ['--port', '0', '--data', data]
}

const withFull = needs('/dev/full', () => runs('test', '-c', '/dev/full'), 'use Linux')

withFull(trouble)('a full disk: it says so once, and serves on', async () => {
  const settings = temporaryDirectory()
  const main = [process.execPath, ...nodeArguments('src/kdc/main.ts'), ...(await withAlice())]
  const kdc = new KdcProcess('sh', ['-c', 'exec "$0" "$@" > /dev/full', ...main], {
    ...process.env,
    XDG_CONFIG_HOME: settings.path,
  }).input()
  const url = await kdc.url()
  for (let n = 0; n < 3; n++) assert.is(await login(url), 200)
  assert.is(await kdc.stop(), 0)
  settings.remove()
  assert.is(kdc.stderr.match(/^kdc: the log cannot be written: the disk is full\./gm)?.length, 1, kdc.stderr)
  assert.is(kdc.stderr.includes('error'), false, kdc.stderr)
})

if (process.platform !== 'win32') {
  trouble('a pipe whose reader is gone: it says so once, and serves on', async () => {
    const kdc = startKdc(await withAlice())
    const url = await kdc.url()
    await kdc.says('stdout', /"started"/)
    kdc.child.stdout.destroy()
    for (let n = 0; n < 3; n++) assert.is(await login(url), 200)
    assert.is(await kdc.stop(), 0)
    assert.is(kdc.stderr.match(/^kdc: the log cannot be written: its reader is gone\./gm)?.length, 1)
  })

  trouble('a pipe whose reader is slow: it waits for nothing, and the reader gets all lines', async () => {
    const kdc = startKdc(await withAlice())
    const url = await kdc.url()
    await kdc.says('stdout', /"started"/)
    kdc.child.stdout.pause()
    // Each is a line of a hundred bytes; together they are more than a pipe and its reader hold.
    const finish = { username: 'bob', state: 'AAAA', finish: 'A'.repeat(86) }
    for (let n = 0; n < 4000; n += 100) {
      const some = Array.from({ length: 100 }, () => post(`${url}/login/finish`, finish))
      for (const { status } of await Promise.all(some)) assert.is(status, 401)
    }
    kdc.child.stdout.resume()
    assert.is(await kdc.stop(), 0)
    for (const line of kdc.stdout.trimEnd().split('\n')) JSON.parse(line)
    assert.is(kdc.stdout.match(/"login_refused"/g)?.length, 4000)
    assert.match(kdc.stdout, /"stopped"\}\n$/)
  })
}

const MOUNT = 'mount -t tmpfs -o size=6m,mode=700 tmpfs "$0"'
const shell = (commands: string[], ...args: string[]) => ['-rm', 'sh', '-c', commands.join(' && '), ...args]
const withSmallDisk = needs(
  'a small disk',
  () => runs('unshare', ...shell([MOUNT], '/mnt')),
  'allow unprivileged user namespaces, on Linux',
)

withSmallDisk(trouble)(
  'a disk that is full, database and log: 503, and all is well when there is room',
  () => {
    const disk = place()
    mkdirSync(disk, { recursive: true })
    const script = fileURLToPath(new URL('../helpers/programs/kdc-small-disk.ts', import.meta.url))
    const program = [process.execPath, ...nodeArguments(script), disk]
    const child = spawnSync('unshare', shell([MOUNT, '"$@"'], disk, ...program), { encoding: 'utf8' })
    assert.is(child.stderr, '')
    assert.is(child.stdout, 'all is well again\n')
  },
)

trouble.run()
