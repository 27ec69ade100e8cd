/** The doctor: a set-up in order, and broken ones, none of which throws it off. */
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { onPosix } from '../helpers/needs.ts'
import { Realm } from '../helpers/realm.ts'

const test = suite<{ realm: Realm }>('doctor')

test.before(async (context) => {
  context.realm = await Realm.start('alice')
})
test.after(({ realm }) => realm.close())

interface Finding {
  readonly check: string
  readonly status: string
  readonly message: string
  readonly hint?: string
}

/** What it finds, with this exit status. */
async function findings(realm: Realm, status: number, env: NodeJS.ProcessEnv, ...args: string[]) {
  const { stdout, stderr } = await realm.runWith(env, 'src/doctor.ts', '--json', ...args).ends(status)
  assert.is(stderr, '')
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding & { event: string })
  assert.ok(events.every(({ event }) => event === 'check'))
  return (check: string) => events.filter((event) => event.check === check)
}

test('a set-up in order has no error, and with a kept session all is looked at', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  const found = await findings(realm, 0, {}, '--kdc', realm.url)
  for (const check of [
    'node',
    'database',
    'known_kdcs',
    'credentials',
    'files',
    'kdc',
    'kdc_key',
    'clock',
    'state',
  ]) {
    assert.ok(found(check).length > 0, check)
    assert.ok(
      found(check).every(({ status }) => check === 'node' || status === 'ok'),
      JSON.stringify(found(check)),
    )
  }
  assert.match(found('kdc')[0]?.message ?? '', /answers, on this machine/)
  // Both are told by the same clock, the KDC's in whole seconds.
  for (const { message } of found('clock')) assert.match(message, /clock agrees with the KDC's/)
  assert.match(found('sessions')[0]?.message ?? '', /alice is logged in/)
  assert.match(found('state')[0]?.message ?? '', /can be read/)
  const besides = (of: typeof found) => of('sessions').filter(({ status }) => status === 'warn')
  assert.match(besides(found)[0]?.message ?? '', /no runtime directory: the key .* lies beside it/)
  const people = await realm.run('src/doctor.ts', '--kdc', realm.url).ends(0)
  assert.match(people.stdout, /^ok {5}kdc: http/m)
})

test('a KDC that is away, something else in its place, and a URL that is none, are told apart', async ({
  realm,
}) => {
  const away = await findings(realm, 1, {}, '--kdc', 'http://127.0.0.1:1')
  assert.match(away('kdc')[0]?.message ?? '', /kdc_unreachable/)
  assert.match(away('kdc')[0]?.hint ?? '', /--kdc URL/)
  const other = createServer((_, response) => response.end('<html>hello'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const wrong = await findings(realm, 1, {}, '--kdc', url)
  assert.match(wrong('kdc')[0]?.message ?? '', /is no KDC/)
  assert.is(wrong('kdc_key')[0]?.status, 'warn')
  const body = { now: '<html>hello' }
  other.removeAllListeners('request').on('request', (_, response) => response.end(body.now))
  for (body.now of ['null', '[]']) {
    const [finding] = (await findings(realm, 1, {}, '--kdc', url))('kdc')
    assert.match(finding?.message ?? '', /is no KDC/, body.now)
  }
  other.close()
  const none = await findings(realm, 1, { SYMBOLON_KDC: 'nonsense' })
  assert.match(none('kdc')[0]?.message ?? '', /SYMBOLON_KDC/)
})

test('a clock that is wrong is told of, with the side that is ahead', async ({ realm }) => {
  let date: string | undefined
  const kdc = createServer((_, response) => {
    response.sendDate = false
    if (date) response.setHeader('Date', date)
    response.end('{"code":"invalid_request"}')
  })
  await new Promise<void>((resolve) => kdc.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(kdc.address() as AddressInfo).port}`
  // Not by a kept session, which another KDC has given.
  const clock = async () =>
    (await findings(realm, 0, {}, '--kdc', url))('clock').filter(({ message }) =>
      message.endsWith("the KDC's (it says so without a seal)"),
    )
  try {
    for (const [aheadSec, told] of [
      [-86_400, /clock is 86\d\d\d s ahead of the KDC's/],
      [86_400, /clock is 86\d\d\d s behind the KDC's/],
    ] as const) {
      date = new Date(Date.now() + aheadSec * 1000).toUTCString()
      const [finding] = await clock()
      assert.match(finding?.message ?? '', told)
      assert.is(finding?.status, 'warn')
      assert.match(finding?.hint ?? '', /set the clock/)
    }
    date = undefined
    assert.equal(await clock(), [])
  } finally {
    kdc.close()
  }
})

onPosix(test)('what others may read or change is told of wherever it lies', async () => {
  const realm = await Realm.start('alice')
  try {
    await realm.tool('login', 'alice').ends(0)
    const runtime = join(realm.home, 'run')
    mkdirSync(runtime, { mode: 0o700 })
    const deep = join(realm.home, 'state', 'symbolon', 'a-kdc', 'a-name')
    mkdirSync(deep, { recursive: true, mode: 0o700 })
    writeFileSync(join(deep, 'state'), '', { mode: 0o644 })
    chmodSync(join(realm.home, 'config', 'symbolon'), 0o777)
    const found = await findings(realm, 1, { XDG_RUNTIME_DIR: runtime }, '--kdc', realm.url)
    const told = found('files').map(({ message }) => message)
    assert.is(told.length, 2)
    assert.match(told[0] ?? '', /config\/symbolon can be written to by other users/)
    assert.match(told[1] ?? '', /a-name\/state can be read by other users/)
  } finally {
    await realm.close()
  }
})

onPosix(test)('with everything broken at once it still says what is wrong with each', async () => {
  const realm = await Realm.start('alice')
  await realm.tool('login', 'alice').ends(0)
  const config = join(realm.home, 'config', 'symbolon')
  const state = join(realm.home, 'state', 'symbolon')
  writeFileSync(join(config, 'known_kdcs'), 'no such line\n', { mode: 0o600 })
  writeFileSync(join(config, 'credentials'), '{"a":1}', { mode: 0o644 })
  chmodSync(join(state, 'sessions', 'session-key'), 0o644)
  mkdirSync(join(state, 'loop'))
  symlinkSync('itself', join(state, 'a-loop-itself'))
  symlinkSync('itself', join(state, 'itself'))
  symlinkSync('nowhere', join(state, 'loop', 'dangling'))
  symlinkSync('..', join(state, 'loop', 'up'))
  await realm.stopKdc()
  const found = await findings(realm, 1, {}, '--kdc', realm.url)
  for (const check of ['known_kdcs', 'credentials', 'files', 'kdc', 'sessions']) {
    const error = found(check).find(({ status }) => status === 'error')
    assert.ok(error, check)
    assert.ok(error?.hint, check)
  }
  assert.match(
    found('files')
      .map(({ message }) => message)
      .join(),
    /session-key can be read by other users/,
  )
  // Nothing to stand on.
  const bare = await findings(realm, 1, { HOME: '', XDG_CONFIG_HOME: '', XDG_STATE_HOME: '/dev/null/x' })
  assert.ok(bare('kdc').length > 0)
  await realm.close()
})

onPosix(test)('what is to be done about several files is said once, below them', async () => {
  const realm = await Realm.start('alice')
  try {
    await realm.tool('login', 'alice').ends(0)
    const config = join(realm.home, 'config', 'symbolon')
    for (const name of ['a', 'b', 'c']) writeFileSync(join(config, name), '', { mode: 0o644 })
    const { stdout } = await realm.run('src/doctor.ts', '--kdc', realm.url).ends(1)
    const lines = stdout.split('\n')
    const isOfFile = (line: string) => line.startsWith('error  files: ')
    assert.is(lines.filter(isOfFile).length, 3)
    assert.match(lines[lines.findLastIndex(isOfFile) + 1] ?? '', /^ {7}hint: .*chmod 600/)
    assert.is(stdout.match(/chmod 600/g)?.length, 1)
  } finally {
    await realm.close()
  }
})

test('a kept session that does not open is told of, with the way to be rid of it', async () => {
  const realm = await Realm.start('alice')
  await realm.tool('login', 'alice').ends(0)
  const sessions = join(realm.home, 'state', 'symbolon', 'sessions')
  const names = readdirSync(sessions).filter((name) => name !== 'session-key')
  assert.is(names.length, 1)
  for (const name of names) writeFileSync(join(sessions, name), 'junk', { mode: 0o600 })
  const told = (await findings(realm, 0, {}, '--kdc', realm.url))('sessions')
  assert.equal(told[0]?.status, 'warn')
  assert.match(told[0]?.message ?? '', /^1 kept session cannot be opened/)
  assert.match(told[0]?.hint ?? '', /logout/)
  assert.not.ok(told.some(({ message }) => message === 'none is kept'))
  await realm.run('src/logout.ts').ends(0)
  const after = (await findings(realm, 0, {}, '--kdc', realm.url))('sessions')
  assert.match(after[0]?.message ?? '', /none is kept/)
  await realm.close()
})

test('wrong options are wrong usage', async ({ realm }) => {
  await realm.run('src/doctor.ts', 'alice').ends(2)
  await realm.run('src/doctor.ts', '--jsn').ends(2)
})

test.run()
