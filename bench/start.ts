/**
 * How long a person waits: for the demo to deliver its message, and for the tools to start, beside Node doing nothing.
 *
 * @module
 */
import { once } from 'node:events'
import { compare, interleave, runBenchmark } from './harness.ts'
import { start, startTs, temporaryDirectory } from './processes.ts'

const ROUNDS = 5
const NOTHING = 'node -e 0'
const TOOLS = {
  'sender --help': 'src/sender.ts',
  'receiver --help': 'src/receiver.ts',
  'kdc --help': 'src/kdc/main.ts',
  'demo --help': 'src/demo.ts',
}

await runBenchmark('start', async () => {
  const node = (...args: string[]) => timed(() => start(process.execPath, args, { stdio: 'ignore' }))
  const tools = Object.fromEntries(
    Object.entries(TOOLS).map(([what, file]) => [
      what,
      () => timed(() => startTs(file, ['--help'], { stdio: 'ignore' })),
    ]),
  )
  const measured: Record<string, number[]> = await interleave(ROUNDS, {
    [NOTHING]: () => node('-e', '0'),
    'node --import tsx -e 0': () => node('--import', 'tsx', '-e', '0'),
    ...tools,
    'npm run demo, until delivered': demo,
  })
  const { [NOTHING]: theirs = [], ...rest } = measured
  const rows = Object.entries(rest).map(([what, ours]) => {
    return compare({ what, unit: 'ms', better: 'lower', against: NOTHING, ours, theirs })
  })
  return { rows }
})

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
