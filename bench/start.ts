/**
 * How long a person waits: for the installed command and for the tools from their sources to start, and for the demo to deliver its
 * message, beside Node doing nothing.
 *
 * @module
 */
import { once } from 'node:events'
import { delimiter, dirname } from 'node:path'
import { compare, interleave, runBenchmark } from './harness.ts'
import { installSymbolon } from './installed-symbolon.ts'
import { Missing } from './peers/installed.ts'
import { start, startTs, temporaryDirectory } from './processes.ts'

const ROUNDS = 9
const NOTHING = 'node -e 0'
const GOAL = 1.5
const INSTALLED = {
  'symbolon --help': ['--help'],
  'symbolon send --help': ['send', '--help'],
  'symbolon kdc --help': ['kdc', '--help'],
}
const SOURCES = {
  'sender --help, tsx': 'src/sender.ts',
  'receiver --help, tsx': 'src/receiver.ts',
  'kdc --help, tsx': 'src/kdc/main.ts',
  'demo --help, tsx': 'src/demo.ts',
}
/** The command finds the Node that we run on. */
const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`

await runBenchmark('start', async () => {
  const node = (...args: string[]) => timed(() => start(process.execPath, args, { stdio: 'ignore' }))
  const { installed, missing } = await installedTools()
  const sources = Object.fromEntries(
    Object.entries(SOURCES).map(([what, file]) => [
      what,
      () => timed(() => startTs(file, ['--help'], { stdio: 'ignore' })),
    ]),
  )
  const measured: Record<string, number[]> = await interleave(ROUNDS, {
    [NOTHING]: () => node('-e', '0'),
    ...installed,
    'node --import tsx -e 0': () => node('--import', 'tsx', '-e', '0'),
    ...sources,
    'npm run demo, until delivered': demo,
  })
  const { [NOTHING]: theirs = [], ...rest } = measured
  const rows = Object.entries(rest).map(([what, ours]) =>
    compare({
      what,
      // The demo is half a minute of people's work in two seconds: it would make the others look alike.
      group: what.startsWith('npm') ? 'demo' : 'start',
      unit: 'ms',
      better: 'lower',
      against: NOTHING,
      goal: what in INSTALLED ? GOAL : undefined,
      ours,
      theirs,
    }),
  )
  return { rows, missing }
})

async function installedTools() {
  try {
    const command = await installSymbolon()
    const run = (args: string[]) =>
      timed(() =>
        start(command, args, { stdio: 'ignore', env: { PATH }, shell: process.platform === 'win32' }),
      )
    const installed = Object.fromEntries(
      Object.entries(INSTALLED).map(([what, args]) => [what, () => run(args)]),
    )
    return { installed, missing: [] }
  } catch (error) {
    if (!(error instanceof Missing)) throw error
    return { installed: {}, missing: [error.message] }
  }
}

/** @returns milliseconds from the start of a process to its end. */
async function timed(begin: () => ReturnType<typeof start>): Promise<number> {
  const from = performance.now()
  const [status] = await once(begin(), 'exit')
  if (status !== 0) throw new Error(`exit status ${status}`)
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
