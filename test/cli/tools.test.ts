/** The sender and the receiver as people use them. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../helpers/needs.ts'
import { startTool } from '../helpers/program.ts'
import { PASSWORD, Realm } from '../helpers/realm.ts'

const test = suite('sender and receiver')
let realm: Realm

test.before(async () => {
  realm = await Realm.start('alice', 'bob', 'carol', 'dave')
})

test.after(() => realm.close())

test('a message is printed at the receiver, and the sender says that it was delivered', async () => {
  const bob = await realm.receiver('bob')
  const alice = await realm.tool('sender', 'alice', 'bob', 'hi').input().ends(0)
  assert.is(alice.stdout, '')
  assert.is(alice.stderr, 'sender: delivered to bob\n')
  // Acknowledged means printed: nothing has to be waited for.
  assert.is(bob.stdout, 'alice: hi\n')
  assert.match(bob.stderr, /^receiver: listening on 127\.0\.0\.1:\d+\n$/)
  assert.is(await bob.stop(), 0)
})

test('standard input is one message; each of its lines carries the name, and nothing in it is obeyed', async () => {
  const bob = await realm.receiver('bob')
  await realm.tool('sender', 'alice', 'bob', '-').input('one\ncarol: two\x1b[2J\n').ends(0)
  assert.is(bob.stdout, 'alice: one\nalice: carol: two\\x1b[2J\n')
  await bob.stop()
})

test('a message beginning with a dash, an empty one, and one of another alphabet arrive as they are', async () => {
  const bob = await realm.receiver('bob')
  for (const text of ['-hi', '', 'שלום 日本語 😀']) {
    await realm.tool('sender', 'alice', 'bob', '--', text).input().ends(0)
  }
  assert.is(bob.stdout, 'alice: -hi\nalice: \nalice: שלום 日本語 😀\n')
  await bob.stop()
})

test('standard input that is too long for a message is a stream, which a receiver takes with --once only', async () => {
  const bob = await realm.receiver('bob')
  const long = new Uint8Array(1024 * 1024 + 1)
  const alice = await realm.tool('sender', 'alice', 'bob', '-').input(long).ends(1)
  assert.match(
    alice.stderr,
    /^sender: error: bob's receiver takes no stream, and .* \(stream_not_taken\)\nsender: hint: .*--once/,
  )
  assert.is(bob.stdout, '')
  await bob.says('stderr', /alice wants to send a stream, which is taken with --once/)
  await bob.stop()
  const away = await realm.tool('sender', 'alice', 'bob', '-').input(long).ends(3)
  assert.match(away.stderr, /bob is away, and a stream cannot wait at the KDC.*\(receiver_offline\)/)
})

test('files beside a stream that is not taken are not sent, and do not make a success of it', async () => {
  const inbox = join(realm.home, 'beside')
  const bob = await realm.receiver('bob', '--output', inbox)
  const long = new Uint8Array(1024 * 1024 + 1)
  const alice = await realm.tool('sender', 'alice', 'bob', '-', '--file', 'package.json').input(long).ends(1)
  assert.match(alice.stderr, /takes no stream.*: no file was sent \(stream_not_taken\)/)
  assert.equal(readdirSync(inbox), [])
  await bob.stop()
})

test('standard input that is empty is refused: its user expected it to hold something', async () => {
  const alice = await realm.tool('sender', 'alice', 'bob', '-').input().ends(1)
  assert.match(alice.stderr, /^sender: error: standard input is empty/)
})

test('many senders at once are all served, each message whole', async () => {
  const bob = await realm.receiver('bob')
  const names = ['alice', 'carol', 'dave', 'bob']
  const text = (name: string, i: number) => `${name} ${i} ${'x'.repeat(70_000)}`
  const senders = [0, 1].flatMap((i) =>
    names.map((name) => realm.tool('sender', name, 'bob', '-').input(text(name, i))),
  )
  await Promise.all(senders.map((sender) => sender.ends(0)))
  const expected = [0, 1].flatMap((i) => names.map((name) => `${name}: ${text(name, i)}`))
  assert.equal(bob.stdout.trimEnd().split('\n').sort(), expected.sort())
  await bob.stop()
})

test('--json tells events with stable names', async () => {
  const bob = realm.tool('receiver', 'bob', '--json').input()
  await bob.says('stdout', /"event":"listening"/)
  const alice = await realm.tool('sender', 'alice', 'bob', 'hi', '--json').input().ends(0)
  await bob.says('stdout', /"event":"ended"/)
  await bob.stop()
  const events = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  const [delivered] = events(alice.stdout)
  assert.is(delivered.event, 'delivered')
  assert.is(delivered.to, 'bob')
  const bobs = events(bob.stdout)
  assert.equal(
    bobs.map(({ event }) => event),
    ['listening', 'connected', 'message', 'ended'],
  )
  assert.is(bobs[2].from, 'alice')
  assert.is(bobs[2].text, 'hi')
  assert.is(new Date(bobs[2].time).toISOString(), bobs[2].time)
  assert.is(bob.stderr + alice.stderr, '')
})

test('--json gives bytes that are no text in full', async () => {
  const bob = realm.tool('receiver', 'bob', '--json').input()
  await bob.says('stdout', /"event":"listening"/)
  await realm
    .tool('sender', 'alice', 'bob', '-')
    .input(Uint8Array.of(0xff, 0x00, 0x41))
    .ends(0)
  const { base64 } = JSON.parse(await bob.says('stdout', /^.*"event":"message".*$/m))
  assert.equal([...Buffer.from(base64, 'base64')], [0xff, 0x00, 0x41])
  await bob.stop()
})

test('what is wrong is said in a line, with a hint, and an exit status', async () => {
  const cases: [string[], number, RegExp][] = [
    [
      ['alice', 'nobody', 'hi'],
      1,
      /^sender: error: .*nobody.* \(receiver_unknown\)\nsender: hint: .*spelling/,
    ],
    [
      ['alice', 'carol', 'hi', '--no-store'],
      3,
      /^sender: error: .*carol.* \(receiver_offline\)\nsender: hint: .*src\/receiver\.ts/,
    ],
    [['ghost', 'bob', 'hi'], 1, /^sender: error: .* \(login_refused\)\nsender: hint: /],
    [['alice', '../x', 'hi'], 1, /^sender: error: a username is .* \(invalid_name\)\nsender: hint: /],
    [['alice'], 2, /^sender: error: RECEIVER is missing\nsender: hint: usage: /],
    [['alice', 'bob'], 2, /^sender: error: there is no message\nsender: hint: /],
    [['alice', 'bob', 'hello', 'world'], 2, /too many arguments.*'world'\nsender: hint: quote/],
    [['alice', 'bob', 'hi', '--jsn'], 2, /no option --jsn\nsender: hint: did you mean --json/],
    [['alice', 'bob', '--file', '--trace'], 2, /--file: a value belongs after it\nsender: hint: /],
    [['alice', 'bob', 'hi', '--trace=x'], 2, /--trace: it takes no value/],
    [['alice', 'bob', 'hi', '--timeout', '0'], 2, /--timeout: expected a whole number/],
  ]
  const runs = cases.map(async ([args, status, words]) => {
    const sender = await realm
      .tool('sender', ...args)
      .input()
      .ends(status)
    assert.match(sender.stderr, words)
    assert.is(sender.stdout, '')
    assert.not.match(sender.stderr, /^\s+at /m, 'no stack')
  })
  await Promise.all(runs)
})

test('a wrong password and an unknown name are said alike', async () => {
  const env = { ...realm.env, SYMBOLON_PASSWORD: 'wrong' }
  const [wrong, unknown] = await Promise.all(
    ['alice', 'ghost'].map((name) =>
      startTool('src/sender.ts', [name, 'bob', 'hi', '--kdc', realm.url], env).input().ends(1),
    ),
  )
  assert.is(wrong?.stderr, unknown?.stderr)
})

test('a KDC that is not there is said with what to do, exit status 3', async () => {
  const args = ['alice', 'bob', 'hi', '--kdc', 'http://127.0.0.1:1']
  const env = { ...realm.env, SYMBOLON_PASSWORD: PASSWORD }
  const sender = await startTool('src/sender.ts', args, env).input().ends(3)
  assert.match(
    sender.stderr,
    /nothing listens there \(kdc_unreachable\)\nsender: hint: is the KDC running at this URL\? --kdc URL or SYMBOLON_KDC names another\n$/,
  )
})

test('a password that is not given is asked for, or said to be missing where there is no terminal', async () => {
  const sender = startTool('src/sender.ts', ['alice', 'bob', 'hi', '--kdc', realm.url], realm.env).input()
  await sender.ends(2)
  assert.match(
    sender.stderr,
    /no terminal to ask for a password on\nsender: hint: give --password-file FILE or .*; or log in once, .*login.* alice --kdc \S+\n$/,
  )
})

test('a tool that uses no kept session does not say that one would help', async () => {
  const kdc = ['--kdc', realm.url]
  const given = { ...realm.env, SYMBOLON_PASSWORD: PASSWORD }
  for (const [file, args, env, hint] of [
    ['src/receiver.ts', kdc, realm.env, 'give --password-file FILE or set SYMBOLON_PASSWORD'],
    ['src/login.ts', kdc, realm.env, 'give --password-file FILE or set SYMBOLON_PASSWORD'],
    ['src/passwd.ts', kdc, given, 'give --new-password-file FILE or set SYMBOLON_NEW_PASSWORD'],
  ] as const) {
    const { stderr } = await startTool(file, ['alice', ...args], env)
      .input()
      .ends(2)
    assert.match(stderr, new RegExp(`no terminal to ask for a password on\\n\\w+: hint: ${hint}\\n$`), file)
  }
})

// What has died without a word is known to the KDC as the principal's receiver, and one that says within the same second that it listens is
// not heeded. So each of these is another's.
test('a receiver that dies without a word leaves a clear error, exit status 3', async () => {
  const carol = await realm.receiver('carol')
  await carol.stop('SIGKILL')
  const sender = await realm.tool('sender', 'alice', 'carol', 'hi', '--no-store').input().ends(3)
  assert.match(sender.stderr, /cannot reach carol .* \(peer_unreachable\)\nsender: hint: /)
})

test('a receiver whose output cannot be written does not acknowledge', async () => {
  const dave = await realm.receiver('dave')
  // It ends as soon as it has something to write, which may be an earlier message: then the sender does not reach it.
  dave.child.stdout.destroy()
  const sender = realm.tool('sender', 'alice', 'dave', 'lost?', '--no-store').input()
  assert.not.equal(await sender.exit, 0)
  assert.not.match(sender.stderr, 'delivered')
  assert.is(await dave.exit, 1)
})

test('a message that is never acknowledged is given up on, exit status 3', async () => {
  const bob = await realm.receiver('bob')
  // A pipe without a reader: the receiver cannot finish writing what it would have to acknowledge.
  bob.child.stdout.pause()
  const text = 'x'.repeat(1_000_000)
  const sender = await realm.tool('sender', 'alice', 'bob', '-', '--timeout', '1').input(text).ends(3)
  assert.match(sender.stderr, /bob did not acknowledge the message within 1 s \(peer_silent\)/)
  await bob.stop('SIGKILL')
})

test('a port in use, or one that no receiver may have, is said plainly', async () => {
  const bob = await realm.receiver('bob')
  const port = /:(\d+)$/m.exec(bob.stderr)?.[1] ?? ''
  const second = await realm.tool('receiver', 'bob', '--port', port).input().ends(3)
  assert.match(second.stderr, new RegExp(`port ${port} on 127.0.0.1 is in use \\(port_unavailable\\)`))
  assert.match(second.stderr, /^receiver: hint: .*--host and --port/m)
  await bob.stop()
})

test('an address that is not this machine’s, or no address, is said plainly', async () => {
  // RFC 5737 §3, RFC 6761 §6.4.
  for (const host of ['192.0.2.1', 'nowhere.invalid']) {
    const { stderr } = await realm.tool('receiver', 'bob', '--host', host).input().ends(3)
    const words = `^receiver: error: ${host} cannot be listened at: [a-z ]+ \\(port_unavailable\\)$`
    assert.match(stderr, new RegExp(words, 'm'))
    assert.match(stderr, /^receiver: hint: .*--host and --port/m)
  }
})

const hasIpv6 = () =>
  Object.values(networkInterfaces()).some((ones) => ones?.some((one) => one.address === '::1'))
const withIpv6 = needs('the address ::1', hasIpv6, 'sysctl net.ipv6.conf.lo.disable_ipv6=0')

withIpv6(test)(
  'a receiver is where the KDC sends others, over IPv6 too, or says that it is not',
  async () => {
    const own = await Realm.start('alice', 'bob')
    try {
      const lost = await own.tool('receiver', 'bob', '--host', '::1').input().ends(1)
      const told =
        /error: listening on \[::1\]:\d+, but the KDC sends others to 127\.0\.0\.1:\d+ \(listener_unreachable\)/
      assert.match(lost.stderr, told)
      assert.match(lost.stderr, /hint: --host 127\.0\.0\.1 /)
      const nowhere = await own.tool('sender', 'alice', 'bob', 'hi', '--no-store').input().ends(3)
      assert.match(nowhere.stderr, /receiver_offline/)
      await own.stopKdc('SIGTERM')
      await own.startKdc('kdc', '0', '--host', '::1')
      const wrong = await own.tool('receiver', 'bob', '--host', '0.0.0.0').input().ends(1)
      assert.match(wrong.stderr, /listener_unreachable/)
      const bob = await own.receiver('bob', '--host', '::1')
      assert.match(bob.stderr, /listening on \[::1\]:\d+$/m)
      await own.tool('sender', 'alice', 'bob', 'over IPv6').input().ends(0)
      await bob.says('stdout', /alice: over IPv6/)
      const { stdout } = await own.tool('sessions', 'bob').ends(0)
      assert.match(stdout, / \[::1\]:\d+$/m)
      await bob.stop()
    } finally {
      await own.close()
    }
  },
)

test('a receiver goes on when the KDC is away, logs in again when it is back, and can be reached', async () => {
  const own = await Realm.start('alice', 'bob')
  try {
    const bob = await own.receiver('bob', '--refresh', '1')
    const { port } = new URL(own.url)
    await own.stopKdc('SIGKILL')
    await bob.says('stderr', /cannot reach the KDC .* still listening, and trying again/)
    // It comes back and has forgotten bob's session.
    await own.forget('bob', 'kdc')
    await own.startKdc('kdc', port)
    await bob.says('stderr', /logged in again: the session had ended/)
    await own.tool('sender', 'alice', 'bob', 'welcome back').input().ends(0)
    assert.is(bob.stdout, 'alice: welcome back\n')
  } finally {
    await own.close()
  }
})

test('the first KDC under a URL is remembered, and another in its place is refused', async () => {
  const own = await Realm.start('alice')
  const known = join(own.home, 'config', 'symbolon', 'known_kdcs')
  const other = `${'A'.repeat(42)}E`
  try {
    const key = /(\S+)\n$/.exec(readFileSync(known, 'utf8'))?.[1] ?? ''
    rmSync(known)
    const first = await own.tool('sender', 'alice', 'nobody', 'hi').input().ends(1)
    assert.match(first.stderr, `from now on the KDC at ${own.url} is known by its key ${key}`)
    assert.is(readFileSync(known, 'utf8'), `${own.url} ${key}\n`)
    const again = await own.tool('sender', 'alice', 'nobody', 'hi').input().ends(1)
    assert.not.match(again.stderr, 'known by its key')

    own.trust(own.url, other)
    const refused = await own.tool('sender', 'alice', 'nobody', 'hi').input().ends(1)
    assert.match(refused.stderr, /where A+E was expected \(kdc_key_changed\)\nsender: hint: ask the operator/)
    const given = await own.tool('sender', 'alice', 'nobody', 'hi', '--kdc-key', key).input().ends(1)
    assert.match(given.stderr, 'receiver_unknown')
    const wrong = await own.tool('sender', 'alice', 'nobody', 'hi', '--kdc-key', 'short').input().ends(2)
    assert.match(wrong.stderr, '--kdc-key: expected 32 bytes in base64url')
    writeFileSync(known, 'nonsense\n', { mode: 0o600 })
    const damaged = await own.tool('sender', 'alice', 'nobody', 'hi').input().ends(1)
    assert.match(damaged.stderr, /known_kdcs: line 1 is not a URL and a key/)
  } finally {
    await own.close()
  }
})

for (const tool of [
  'sender',
  'receiver',
  'register',
  'passwd',
  'sessions',
  'users',
  'group',
  'demo',
  'kdc/main',
]) {
  test(`${tool} --help fits a screen and ends with an example`, async () => {
    const { stdout, stderr } = await realm.run(`src/${tool}.ts`, '--help').input().ends(0)
    assert.is(stderr, '')
    const lines = stdout.trimEnd().split('\n')
    assert.ok(lines.length <= 24, `${lines.length} lines`)
    for (const line of lines) assert.ok(line.length <= 80, line)
    assert.match(lines[0] ?? '', /^usage: .*\[options\]/)
    assert.match(lines.at(-1) ?? '', /^example: /)
  })
}

test.run()
