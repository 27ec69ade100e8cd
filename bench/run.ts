/**
 * Runs the benchmarks one after the other, each in a process of its own, and prints one table: `npm run bench`.
 *
 * @module
 */
import { once } from 'node:events'
import { parseArguments } from '../src/cli/arguments.ts'
import { EXIT, ToolError, UsageError } from '../src/cli/errors.ts'
import { print, talk } from '../src/cli/terminal.ts'
import { report, runTool } from '../src/cli/tool.ts'
import { conditions, type Result, render } from './harness.ts'
import { cleanUp, startTs } from './processes.ts'

const BENCHMARKS = new Map([
  ['userinfo', 'what an answer to /userinfo costs the KDC, beside bare Hono'],
  ['memory', "the KDC's memory over 100,000 tickets"],
  ['logins', 'what others notice of logins; what the time of a refusal tells'],
  ['opaque', 'what an OPAQUE login costs the KDC, beside Argon2id; what the time of its start tells'],
  ['channel', 'the direct channel beside TLS 1.3'],
  ['stored', 'messages that wait, and groups: the KDC by their size, a client with a full mailbox'],
  ['start', 'how long the demo and the tools take to start, beside Node doing nothing'],
])

const HELP = `usage: npm run bench -- [--json] [NAME...]

Measures, and prints ratios: nothing passes or fails. All of it takes about eight minutes.

${[...BENCHMARKS].map(([name, what]) => `  ${name.padEnd(10)}${what}`).join('\n')}

  --json      one JSON object a benchmark on stdout
  -h, --help  show this

Traffic stays on this machine. bench/README.md says what the figures mean, and what not.

example: npm run bench -- userinfo channel
`

runTool('bench', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    options: { json: { type: 'boolean', default: false } },
    positionals: ['[NAME...]'],
  })
  const unknown = positionals.find((name) => !BENCHMARKS.has(name))
  if (unknown !== undefined) {
    throw new UsageError(
      `there is no benchmark '${unknown}'`,
      `there are ${[...BENCHMARKS.keys()].join(', ')}`,
    )
  }
  try {
    await runAll(positionals.length > 0 ? positionals : [...BENCHMARKS.keys()], values.json)
  } finally {
    await cleanUp()
  }
})

async function runAll(names: readonly string[], json: boolean): Promise<void> {
  const results: [string, Result][] = []
  for (const name of names) {
    talk(name)(`${BENCHMARKS.get(name)}`)
    try {
      const result = await run(name)
      results.push([name, result])
      if (json) await print(JSON.stringify({ conditions: conditions(), ...result }))
    } catch (error) {
      // The others may still have something to say.
      report('bench', error)
      process.exitCode = EXIT.failed
    }
  }
  if (json) return
  await print(`\n${conditions()}\nnpm run bench -- ${names.join(' ')}`)
  await print('medians (smallest - largest) of rounds taken in turn\n')
  const rows = results.flatMap(([, { rows }]) => rows)
  const notes = results.flatMap(([name, { notes = [] }]) => notes.map((note) => `${name}: ${note}`))
  process.stdout.write(render({ rows, notes }))
}

/** One benchmark in a process of its own; what it says on stderr goes to ours. */
async function run(name: string): Promise<Result> {
  const child = startTs(`bench/${name}.ts`, ['--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new ToolError(`${name} did not end well: exit status ${status}`)
  return JSON.parse(output) as Result
}
