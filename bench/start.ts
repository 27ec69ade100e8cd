/**
 * How long a person waits: for the installed command and for the tools from their sources to start, and for the demo to deliver its
 * message, beside Node doing nothing.
 *
 * @module
 */
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { compare, interleave, runBenchmark } from './harness.ts'
import { installSymbolon } from './installed-symbolon.ts'
import { Missing } from './peers/installed.ts'
import { said, start, startTs, stop, temporaryDirectory } from './processes.ts'

const ROUNDS = 9
const NOTHING = 'node -e 0'
const GOAL = 1.5
/** The command finds the Node that we run on. */
const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`
/** There is no listener. */
const NOWHERE = 'http://127.0.0.1:1'
/** "Try later": what a tool ends with that cannot reach the KDC. */
const UNREACHABLE = 3

/** How one of our tools is begun. */
type Begin = (tool: string, args: readonly string[], options: SpawnOptions) => ChildProcess

const SOURCES: Record<string, string> = {
  send: 'src/sender.ts',
  receive: 'src/receiver.ts',
  kdc: 'src/kdc/main.ts',
}

await runBenchmark('start', async () => {
  const node = (...args: string[]) => ended(() => start(process.execPath, args, { stdio: 'ignore' }))
  const { command, missing } = await installed()
  const fromSources: Begin = (tool, args, options) => startTs(SOURCES[tool] ?? '', args, options)
  const fromBundle: Begin = (tool, args, options) => {
    const words = [...(tool ? [tool] : []), ...args]
    return start(command ?? '', words, { ...options, env: { PATH }, shell: process.platform === 'win32' })
  }
  const measured: Record<string, number[]> = await interleave(ROUNDS, {
    [NOTHING]: () => node('-e', '0'),
    ...(command && { ...helps('symbolon', fromBundle), ...works('symbolon', fromBundle) }),
    'node --import tsx -e 0': () => node('--import', 'tsx', '-e', '0'),
    ...helps('tsx', fromSources),
    ...works('tsx', fromSources),
    'npm run demo, until delivered': demo,
  })
  const { [NOTHING]: theirs = [], ...rest } = measured
  const rows = Object.entries(rest).map(([what, ours]) =>
    compare({
      what,
      // It starts several tools, and would make the others look alike.
      group: what.startsWith('npm') ? 'demo' : 'start',
      unit: 'ms',
      better: 'lower',
      against: NOTHING,
      goal: what.startsWith('symbolon') && what.endsWith('--help') ? GOAL : undefined,
      ours,
      theirs,
    }),
  )
  return { rows, missing }
})

async function installed(): Promise<{ command?: string; missing: string[] }> {
  try {
    return { command: await installSymbolon(), missing: [] }
  } catch (error) {
    if (!(error instanceof Missing)) throw error
    return { missing: [error.message] }
  }
}

/** Until the help has been shown: what a tool is for is not asked of it. */
function helps(name: string, begin: Begin): Record<string, () => Promise<number>> {
  const tools = name === 'tsx' ? ['send', 'receive', 'kdc'] : ['', 'send', 'receive', 'kdc']
  return Object.fromEntries(
    tools.map((tool) => [
      [name, tool, '--help'].filter(Boolean).join(' '),
      () => ended(() => begin(tool, ['--help'], { stdio: 'ignore' })),
    ]),
  )
}

/** Until it has come as far as it can alone: the code for its work is loaded. */
function works(name: string, begin: Begin): Record<string, () => Promise<number>> {
  const directory = temporaryDirectory()
  const passwordFile = join(directory, 'password')
  writeFileSync(passwordFile, 'correct horse battery staple', { mode: 0o600 })
  const message = ['alice', 'bob', 'hi', '--kdc', NOWHERE, '--password-file', passwordFile]
  const kdc = ['--port', '0', '--master-key', join(directory, 'master.key'), '--data', join(directory, 'kdc')]
  return {
    [`${name} send, until no KDC is found`]: () =>
      ended(() => begin('send', message, { stdio: 'ignore' }), UNREACHABLE),
    [`${name} kdc, until it listens`]: async () => {
      const from = performance.now()
      const child = begin('kdc', kdc, { stdio: ['ignore', 'ignore', 'pipe'] })
      await said(child, /listening on/)
      const took = performance.now() - from
      await stop(child)
      return took
    },
  }
}

/** @returns milliseconds from the start of a process to its end. */
async function ended(begin: () => ChildProcess, expected = 0): Promise<number> {
  const from = performance.now()
  const [status] = await once(begin(), 'exit')
  if (status !== expected) throw new Error(`exit status ${status}`)
  return performance.now() - from
}

/** @returns milliseconds from the command to bob's terminal showing the message. */
async function demo(): Promise<number> {
  const from = performance.now()
  const child = start('npm', ['run', 'demo'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { TMPDIR: temporaryDirectory() },
    shell: process.platform === 'win32',
  })
  const exit = once(child, 'exit')
  let output = ''
  let delivered = Number.NaN
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (Number.isNaN(delivered) && output.includes("bob's terminal shows:"))
      delivered = performance.now() - from
  })
  const [status] = await exit
  if (status !== 0 || Number.isNaN(delivered))
    throw new Error(`the demo delivered nothing: exit status ${status}`)
  return delivered
}
