/**
 * A KDC whose data and log are on a disk that becomes full, and then has room again. A child process of log-trouble.test.ts, as root of
 * a user namespace of its own: `kdc-small-disk.ts DIRECTORY`, where a file system of a few megabytes is mounted.
 */

import { appendFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { PASSWORD } from '../kdc.ts'
import { KdcProcess, post, runKdc } from '../kdc-process.ts'
import { nodeArguments } from '../program.ts'

const [, , disk = ''] = process.argv
const data = join(disk, 'kdc')
const log = join(disk, 'log')
const ballast = join(disk, 'ballast')

const login = (url: string) => post(`${url}/login`, { username: 'alice', password: PASSWORD })

/** Not a byte is left, however small a file wants to grow. */
function fill(): void {
  for (const size of [1 << 16, 1 << 12, 1]) {
    try {
      for (;;) appendFileSync(ballast, new Uint8Array(size))
    } catch {}
  }
}

await runKdc(['adduser', 'alice', '--data', data], { SYMBOLON_PASSWORD: PASSWORD })
const main = [process.execPath, ...nodeArguments('src/kdc/main.ts'), '--port', '0', '--data', data]
const kdc = new KdcProcess('sh', ['-c', `exec "$0" "$@" >> '${log}'`, ...main], {
  ...process.env,
  XDG_CONFIG_HOME: join(disk, 'config'),
}).input()
const url = await kdc.url()
assert.is((await login(url)).status, 200)

fill()
// What there is of its files already takes a few more.
let refused = 0
for (let tries = 0; tries < 200 && refused < 30; tries++) {
  const { status, json } = await login(url)
  if (status === 200) continue
  assert.equal([status, json.code], [503, 'store_unavailable'])
  refused++
}
assert.is(refused, 30)
assert.is((await fetch(`${url}/healthz`)).status, 200)

rmSync(ballast)
assert.is((await login(url)).status, 200)
assert.is(await kdc.stop(), 0)
const events = readFileSync(log, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))
assert.ok(events.some(({ event, lines }) => event === 'log_lost' && lines > 0))
assert.is(events.at(-1).event, 'stopped')
assert.is(kdc.stderr.match(/the log cannot be written: the disk is full/g)?.length, 1, kdc.stderr)
process.stdout.write('all is well again\n')
