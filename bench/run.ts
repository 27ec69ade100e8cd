/**
 * Runs the benchmarks one after the other, each in a process of its own, and prints one table: `npm run bench`.
 *
 * @module
 */
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { conditions, type Result, render } from './harness.ts'
import { cleanUp, startTs } from './processes.ts'

const BENCHMARKS = new Map([
  ['userinfo', 'what an answer to /userinfo costs the KDC, beside bare Hono'],
  ['memory', "the KDC's memory over 100,000 tickets"],
  ['logins', 'what others notice of logins; what the time of a refusal tells'],
  ['channel', 'the direct channel beside TLS 1.3'],
  ['start', 'how long the demo and the tools take to start, beside Node doing nothing'],
])

const HELP = `usage: npm run bench [-- OPTIONS] [NAME...]

Measures, and prints ratios: nothing passes or fails. All of it takes about four minutes.

${[...BENCHMARKS].map(([name, what]) => `  ${name.padEnd(10)}${what}`).join('\n')}

  --json      one JSON object a benchmark on stdout
  -h, --help  show this

Traffic stays on this machine. bench/README.md says what the figures mean, and what not.

example: npm run bench -- userinfo channel
`

function parse(): { names: string[]; json: boolean } | string {
  try {
    const { values, positionals } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
      allowPositionals: true,
    })
    if (values.help) return ''
    const unknown = positionals.find((name) => !BENCHMARKS.has(name))
    if (unknown !== undefined)
      return `there is no benchmark '${unknown}'; there are ${[...BENCHMARKS.keys()].join(', ')}`
    return { names: positionals.length > 0 ? positionals : [...BENCHMARKS.keys()], json: values.json }
  } catch (error) {
    return (error as Error).message
  }
}

/** One benchmark in a process of its own; what it says on stderr goes to ours. */
async function run(name: string): Promise<Result> {
  const child = startTs(`bench/${name}.ts`, ['--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`exit status ${status}`)
  return JSON.parse(output) as Result
}

async function main(names: readonly string[], json: boolean): Promise<void> {
  const results: [string, Result][] = []
  for (const name of names) {
    process.stderr.write(`${name}: ${BENCHMARKS.get(name)}\n`)
    try {
      const result = await run(name)
      results.push([name, result])
      if (json) process.stdout.write(`${JSON.stringify({ conditions: conditions(), ...result })}\n`)
    } catch (error) {
      process.stderr.write(`bench: error: ${name}: ${(error as Error).message}\n`)
      process.exitCode = 1
    }
  }
  if (json) return
  process.stdout.write(`\n${conditions()}\nnpm run bench -- ${names.join(' ')}\n`)
  process.stdout.write('medians (smallest - largest) of rounds taken in turn\n\n')
  const rows = results.flatMap(([, { rows }]) => rows)
  const notes = results.flatMap(([name, { notes = [] }]) => notes.map((note) => `${name}: ${note}`))
  process.stdout.write(render({ rows, notes }))
}

const asked = parse()
if (typeof asked === 'object') {
  await main(asked.names, asked.json)
  await cleanUp()
} else if (asked === '') {
  process.stdout.write(HELP)
} else {
  process.stderr.write(`bench: error: ${asked}\nbench: hint: npm run bench -- --help\n`)
  process.exitCode = 2
}
