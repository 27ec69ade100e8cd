/**
 * This project's tools and an independent client in Python (test/interop/symbolon.py), in both directions, by way of a
 * real KDC.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs, pythonWith } from './helpers/needs.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CLIENT = fileURLToPath(new URL('interop/symbolon.py', import.meta.url))
const CLIENT_TEST = fileURLToPath(new URL('interop/symbolon_test.py', import.meta.url))
const PASSWORD = 'correct horse battery staple'
const NOT_ASCII = 'Grüße, 世界 👋'
/** 200 kB in several parts, whose borders fall inside characters. */
const LARGE = 'x😀é'.repeat(Math.ceil(200_000 / 7))

const python = pythonWith('cryptography')
const withPython = needs(
  'python3-cryptography',
  () => python !== undefined,
  'apt-get install python3-cryptography',
)

/** A running program: what it says, and how it ends. */
class Program {
  stdout = ''
  stderr = ''
  readonly exitCode: Promise<number | null>
  readonly #command: string
  readonly #child: ChildProcessWithoutNullStreams
  #ended = false
  #changed: () => void = () => {}

  constructor(command: string, args: string[], env: NodeJS.ProcessEnv, input = '') {
    this.#command = [command, ...args].join(' ')
    this.#child = spawn(command, args, { cwd: ROOT, env })
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#child[stream].setEncoding('utf8').on('data', (text: string) => {
        this[stream] += text
        this.#changed()
      })
    }
    this.exitCode = new Promise((resolve, reject) => {
      this.#child.on('error', reject)
      this.#child.on('close', (code) => {
        this.#ended = true
        this.#changed()
        resolve(code)
      })
    })
    // A program that does not read its input is not at fault.
    this.#child.stdin.on('error', () => {}).end(input)
  }

  /** The first group of `pattern` in what it says on `stream`, as soon as it has said it. */
  async says(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this[stream])
      if (match) return match[1] ?? ''
      if (this.#ended) throw new Error(`${this.#command}\nended without ${pattern}:\n${this.stderr}`)
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  /** It ends by itself, with exit status 0. */
  async succeeds(): Promise<void> {
    const code = await this.exitCode
    assert.is(code, 0, `${this.#command}\nexit status ${code}:\n${this.stderr}`)
  }

  async stop(): Promise<void> {
    if (!this.#ended) this.#child.kill('SIGTERM')
    await this.exitCode
  }
}

const interop = suite('interop')
const folder = mkdtempSync(join(tmpdir(), 'symbolon-interop-'))
const passwordFile = join(folder, 'password')
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  XDG_CONFIG_HOME: join(folder, 'config'),
  XDG_STATE_HOME: join(folder, 'state'),
  XDG_DATA_HOME: join(folder, 'data'),
  XDG_CACHE_HOME: join(folder, 'cache'),
  XDG_RUNTIME_DIR: join(folder, 'run'),
  NO_COLOR: '1',
}
let running: Program[] = []
let kdc: Program | undefined
let url = ''

function run(command: string, args: string[], input?: string): Program {
  const program = new Program(command, args, env, input)
  running.push(program)
  return program
}

function tool(file: string, args: string[], input?: string): Program {
  return run(process.execPath, ['--import', 'tsx', file, ...args], input)
}

function client(args: string[], input?: string): Program {
  return run(python ?? '', [CLIENT, ...args], input)
}

interop.before(async () => {
  if (python === undefined) return
  writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o600 })
  const data = join(folder, 'kdc')
  for (const name of ['alice', 'bob', 'carol']) {
    await tool('src/kdc/main.ts', [
      'adduser',
      name,
      '--password-file',
      passwordFile,
      '--data',
      data,
    ]).succeeds()
  }
  kdc = tool('src/kdc/main.ts', ['--port', '0', '--data', data])
  url = await kdc.says('stderr', /^kdc: listening on (http:\/\/127\.0\.0\.1:\d+)$/m)
  running = []
})

// Also what a failed test has left running.
interop.after.each(async () => {
  await Promise.all(running.map((program) => program.stop()))
  running = []
})

interop.after(async () => {
  await kdc?.stop()
  rmSync(folder, { recursive: true })
})

for (const [what, message] of [
  ['a message', 'hi'],
  ['a message that is not ASCII', NOT_ASCII],
  ['a message of several parts', LARGE],
  ['the longest message', 'm'.repeat(1024 * 1024)],
] as const) {
  withPython(interop)(`the Python client sends ${what} to our receiver`, async () => {
    const receiver = tool('src/receiver.ts', ['bob', '--kdc', url, '--password-file', passwordFile])
    await receiver.says('stderr', /^receiver: listening on (127\.0\.0\.1:\d+)$/m)
    await client(['send', url, 'alice', passwordFile, 'bob', '-'], message).succeeds()
    // It has been acknowledged, so it has been written.
    await receiver.stop()
    assert.ok(receiver.stdout === `alice: ${message}\n`, `printed: ${receiver.stdout.slice(0, 200)}`)
    await receiver.succeeds()
  })

  withPython(interop)(`our sender sends ${what} to the Python client`, async () => {
    const receiver = client(['receive', url, 'bob', passwordFile, '--once'])
    await receiver.says('stderr', /^symbolon\.py: listening on (127\.0\.0\.1:\d+)$/m)
    const args = ['alice', 'bob', '-', '--kdc', url, '--password-file', passwordFile]
    await tool('src/sender.ts', args, message).succeeds()
    await receiver.succeeds()
    assert.ok(receiver.stdout === `alice: ${message}\n`, `printed: ${receiver.stdout.slice(0, 200)}`)
  })
}

withPython(interop)('a message given as an argument arrives, in both directions', async () => {
  const ours = tool('src/receiver.ts', ['bob', '--kdc', url, '--password-file', passwordFile])
  await ours.says('stderr', /^receiver: listening on (127\.0\.0\.1:\d+)$/m)
  await client(['send', url, 'alice', passwordFile, 'bob', 'hi']).succeeds()
  await ours.stop()
  assert.is(ours.stdout, 'alice: hi\n')

  const theirs = client(['receive', url, 'bob', passwordFile, '--once'])
  await theirs.says('stderr', /^symbolon\.py: listening on (127\.0\.0\.1:\d+)$/m)
  const args = ['alice', 'bob', 'hi', '--kdc', url, '--password-file', passwordFile]
  await tool('src/sender.ts', args).succeeds()
  await theirs.succeeds()
  assert.is(theirs.stdout, 'alice: hi\n')
})

withPython(interop)('the Python client fails, with the code of the KDC, when nobody listens', async () => {
  // Carol has never logged in, whatever the other tests left behind.
  const sender = client(['send', url, 'alice', passwordFile, 'carol', 'hi'])
  assert.is(await sender.exitCode, 1)
  assert.is(sender.stderr, 'symbolon.py: error: receiver_offline\n')
  assert.is(sender.stdout, '')
})

withPython(interop)('the Python client agrees with the vectors', () => {
  const { status, stderr } = spawnSync(python ?? '', [CLIENT_TEST], { encoding: 'utf8', env })
  assert.is(status, 0, stderr)
})

interop.run()
