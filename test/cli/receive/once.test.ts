/** A receiver in a pipe. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs, runs } from '../../helpers/needs.ts'
import { nodeArguments, nodeCommand } from '../../helpers/program.ts'
import { LISTENING, Realm } from '../../helpers/realm.ts'
import { Terminal, withTmux } from '../../helpers/tmux.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const test = suite('receiver --once')
let realm: Realm

test.before(async () => {
  realm = await Realm.start('alice', 'bob')
  // So that something can wait for him.
  await realm.tool('users', 'bob').input().ends(0)
})

test.after(() => realm.close())

test('a message is written as it is, and the receiver ends', async () => {
  for (const text of ['hi', '', 'two\nlines\n', '\x1b[2J']) {
    const bob = await realm.receiver('bob', '--once')
    await realm.tool('sender', 'alice', 'bob', '--', text).input().ends(0)
    await bob.ends(0)
    assert.is(bob.stdout, text)
  }
})

test('what waits at the KDC comes first, the oldest of it; a file waits on', async () => {
  const path = join(realm.home, 'plan')
  writeFileSync(path, 'the plan')
  await realm.tool('sender', 'alice', 'bob', '--file', path).input().ends(0)
  await realm.tool('sender', 'alice', 'bob', 'one').input().ends(0)
  await realm.tool('sender', 'alice', 'bob', 'two').input().ends(0)
  for (const text of ['one', 'two']) {
    const bob = await realm.tool('receiver', 'bob', '--once').input().ends(0)
    assert.is(bob.stdout, text)
    assert.not.match(bob.stderr, 'listening')
  }
  const inbox = join(realm.home, 'waiting')
  const bob = await realm.tool('receiver', 'bob', '--once', '--output', inbox).input().ends(0)
  assert.is(bob.stdout, '')
  assert.match(bob.stderr, /alice: \[file\] plan \(8 bytes\) saved as/)
  assert.is(readFileSync(join(inbox, 'plan'), 'utf8'), 'the plan')
})

test('what one has left for oneself waits as anything else', async () => {
  await realm.tool('sender', 'alice', 'alice', 'a note').input().ends(0)
  const alice = await realm.tool('receiver', 'alice', '--once').input().ends(0)
  assert.is(alice.stdout, 'a note')
  assert.match(alice.stderr, /took 6 bytes from alice/)
})

test('with --output it takes the files of one sender, and ends', async () => {
  const inbox = join(realm.home, 'inbox')
  const bob = await realm.receiver('bob', '--once', '--output', inbox)
  mkdirSync(join(realm.home, 'photos'))
  for (const name of ['a', 'photos/b']) writeFileSync(join(realm.home, name), name)
  const paths = ['a', 'photos'].map((name) => join(realm.home, name))
  await realm
    .tool('sender', 'alice', 'bob', '--file', ...paths)
    .input()
    .ends(0)
  await bob.ends(0)
  assert.is(bob.stdout, '')
  assert.is(readFileSync(join(inbox, 'photos', 'b'), 'utf8'), 'photos/b')
})

test('what it does not take does not end it', async () => {
  const bob = await realm.receiver('bob', '--once')
  const path = join(realm.home, 'a')
  writeFileSync(path, 'a')
  const refused = await realm.tool('sender', 'alice', 'bob', '--no-store', '--file', path).input().ends(3)
  assert.match(refused.stderr, /bob's receiver takes no files now \(files_not_taken\)/)
  await realm.tool('sender', 'alice', 'bob', 'hi').input().ends(0)
  await bob.ends(0)
  assert.is(bob.stdout, 'hi')
})

test('events have no place on its stdout; stopped before anything came, it has failed', async () => {
  const json = await realm.tool('receiver', 'bob', '--once', '--json').input().ends(2)
  assert.match(json.stderr, /--once and --json do not go together/)
  const bob = await realm.receiver('bob', '--once')
  assert.is(await bob.stop('SIGINT'), 1)
  assert.match(bob.stderr, /^receiver: error: stopped$/m)
})

/** Says at its end how much memory it took, in kB. */
const MEASURED = `data:text/javascript,process.on('exit',()=>process.stderr.write('maxRSS '+process.resourceUsage().maxRSS+'\\n'))`

interface Piped {
  readonly child: ChildProcess
  stderr: string
  readonly exit: Promise<number | string>
}

/** A tool between pipes of bytes, with little memory. */
function piped(name: string, ...args: string[]): Piped {
  const login = ['--kdc', realm.url, '--password-file', realm.passwordFile]
  const node = ['--max-old-space-size=64', '--import', MEASURED, ...nodeArguments(`src/${name}.ts`)]
  const child = spawn(process.execPath, [...node, ...login, ...args], { cwd: ROOT, env: realm.env })
  const tool: Piped = {
    child,
    stderr: '',
    exit: once(child, 'close').then(([code, signal]) => code ?? signal),
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tool.stderr += text
  })
  child.stdin.on('error', () => {})
  return tool
}

async function listening(tool: Piped): Promise<void> {
  while (!LISTENING.test(tool.stderr)) {
    const more = once(tool.child.stderr as Readable, 'data').then(() => undefined)
    const exit = await Promise.race([more, tool.exit])
    if (exit !== undefined) throw new Error(`not listening, exit status ${exit}: ${tool.stderr}`)
  }
}

const PIECE = Buffer.alloc(1_000_000)

/** So many MB, each with its number, hashed on the way. */
function megabytes(count: number, hash = createHash('sha256'), onPiece = (_number: number) => {}) {
  return Readable.from(
    (function* () {
      for (let number = 0; number < count; number++) {
        const piece = Buffer.from(PIECE)
        piece.writeUInt32BE(number)
        hash.update(piece)
        onPiece(number)
        yield piece
      }
    })(),
    { highWaterMark: 1 },
  )
}

test('a stream passes from pipe to pipe, whole, in little memory, however slowly it is read', async () => {
  const MB = 400
  const bob = piped('receiver', 'bob', '--once')
  await listening(bob)
  const alice = piped('sender', 'alice', 'bob', '-')
  const [sent, got] = [createHash('sha256'), createHash('sha256')]
  let produced = 0
  const feeding = pipeline(
    megabytes(MB, sent, () => {
      produced += PIECE.length
    }),
    alice.child.stdin as NodeJS.WritableStream,
  )
  let bytes = 0
  let ahead = 0
  for await (const piece of bob.child.stdout as Readable) {
    got.update(piece)
    bytes += piece.length
    ahead = Math.max(ahead, produced - bytes)
    // Slower than it could come.
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  }
  await feeding
  assert.equal([await alice.exit, await bob.exit], [0, 0], alice.stderr + bob.stderr)
  assert.is(bytes, MB * 1_000_000)
  assert.is(got.digest('hex'), sent.digest('hex'))
  assert.match(alice.stderr, /^sender: delivered 400 MB to bob$/m)
  assert.match(bob.stderr, /^receiver: took 400 MB from alice$/m)
  assert.ok(ahead < 100_000_000, `the sender was ${ahead} bytes ahead of who reads`)
  for (const { stderr } of [alice, bob]) {
    const kilobytes = Number(/maxRSS (\d+)/.exec(stderr)?.[1])
    assert.ok(kilobytes < 400_000, `it took ${kilobytes} kB`)
  }
})

test('a stream that breaks is said to be incomplete, exit status 1', async () => {
  const bob = piped('receiver', 'bob', '--once')
  await listening(bob)
  const alice = piped('sender', 'alice', 'bob', '-')
  const endless = megabytes(10_000)
  pipeline(endless, alice.child.stdin as NodeJS.WritableStream).catch(() => {})
  let bytes = 0
  for await (const piece of bob.child.stdout as Readable) {
    bytes += piece.length
    if (bytes > 5_000_000) alice.child.kill('SIGKILL')
  }
  assert.is(await alice.exit, 'SIGKILL')
  assert.is(await bob.exit, 1)
  assert.match(bob.stderr, /error: what was written is incomplete, and to be thrown away: [\d.]+ MB, then: /)
  assert.not.match(bob.stderr, 'took')
})

for (const [what, bytes] of [
  ['a stream', 10_000_000],
  ['a message', 1_000_000],
] as const) {
  test(`a reader that is stuck does not keep it: Ctrl+C ends ${what}, which its sender is told of`, async () => {
    const bob = piped('receiver', 'bob', '--once')
    await listening(bob)
    const alice = piped('sender', 'alice', 'bob', '-')
    alice.child.stdin?.end(Buffer.alloc(bytes))
    // No more is read than what shows that it has begun.
    await once(bob.child.stdout as Readable, 'readable')
    const ended = once(bob.child, 'exit')
    bob.child.kill('SIGINT')
    assert.equal(await ended, [1, null], bob.stderr)
    bob.child.stdout?.destroy()
    assert.is.not(await alice.exit, 0)
    assert.not.match(alice.stderr, 'delivered')
    assert.match(alice.stderr, /the peer gave up: stopped/)
    assert.match(
      bob.stderr,
      /error: what was written is incomplete, and to be thrown away: .*, then: stopped/,
    )
  })
}

test('a reader that goes away ends both, and neither says that it went well', async () => {
  const bob = piped('receiver', 'bob', '--once')
  await listening(bob)
  const alice = piped('sender', 'alice', 'bob', '-')
  pipeline(megabytes(10_000), alice.child.stdin as NodeJS.WritableStream).catch(() => {})
  await once(bob.child.stdout as Readable, 'readable')
  bob.child.stdout?.destroy()
  assert.is(await bob.exit, 1)
  assert.is(await alice.exit, 3)
  assert.not.match(alice.stderr, 'delivered')
  assert.match(alice.stderr, /standard input was on its way/)
})

needs('tar', () => runs('tar', '--version'), 'apt-get install tar')(test)(
  'a directory goes through as tar makes it',
  async () => {
    const [from, to] = [join(realm.home, 'from'), join(realm.home, 'to')]
    mkdirSync(join(from, 'sub'), { recursive: true })
    mkdirSync(to)
    writeFileSync(join(from, 'sub', 'x'), PIECE)
    writeFileSync(join(from, 'y'), PIECE)
    const bob = piped('receiver', 'bob', '--once')
    await listening(bob)
    const alice = piped('sender', 'alice', 'bob', '-')
    const pack = spawn('tar', ['c', '-C', from, '.'])
    const unpack = spawn('tar', ['x', '-C', to])
    const unpacked = once(unpack, 'close')
    pack.stdout.pipe(alice.child.stdin as NodeJS.WritableStream)
    bob.child.stdout?.pipe(unpack.stdin)
    assert.equal([await alice.exit, await bob.exit, (await unpacked)[0]], [0, 0, 0])
    for (const name of ['sub/x', 'y']) assert.ok(readFileSync(join(to, name)).equals(PIECE))
  },
)

const onTerminal = withTmux(test)

onTerminal('a terminal is not given what it would obey, but lines of who sends them', async () => {
  const script = join(realm.home, 'once.sh')
  const kdc = `--kdc ${realm.url} --password-file ${realm.passwordFile}`
  writeFileSync(
    script,
    `${nodeCommand('src/receiver.ts bob --once')} ${kdc}\necho "exit status $?"\nread -r _\n`,
  )
  // A message, and a stream: what is longer than a message may be.
  for (const rest of ['', `${'x'.repeat(1024 * 1024)}\n`]) {
    const bob = new Terminal('once', `sh ${script}`, realm.env, ROOT)
    try {
      await bob.shows(LISTENING)
      const text = `${rest}\x1b[2J\x1b[H\x1b]0;title\x07receiver: error: no\ntwo`
      await realm.tool('sender', 'alice', 'bob', '-').input(text).ends(0)
      const screen = await bob.shows(/exit status 0/)
      assert.match(screen, /^alice: \\x1b\[2J\\x1b\[H\\x1b\]0;title\\x07receiver: error: no\nalice: two$/m)
    } finally {
      bob.close()
    }
  }
})

test.run()
