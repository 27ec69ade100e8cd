/**
 * Runs the benchmarks one after the other, each in a process of its own, and prints one table: `npm run bench`.
 *
 * @module
 */
import { once } from 'node:events'
import { parseArguments, parseInteger } from '../src/cli/arguments.ts'
import { EXIT, ToolError, UsageError } from '../src/cli/errors.ts'
import { print, talk } from '../src/cli/terminal/terminal.ts'
import { report, runTool } from '../src/cli/tool.ts'
import { BENCHMARKS, NAMED, USUAL } from './benchmarks.ts'
import { conditions } from './conditions.ts'
import { writeDocuments } from './documents.ts'
import { ROUNDS_VARIABLE } from './harness.ts'
import { cleanUp, start, startTs } from './processes.ts'
import { keep, type Recorded } from './record.ts'
import type { Result } from './result.ts'
import { missed, render, unmeasured } from './table.ts'

const MAX_ROUNDS = 1000

const list = (names: ReadonlyMap<string, string>) =>
  [...names].map(([name, what]) => `  ${name.padEnd(12)}${what}`).join('\n')

const HELP = `usage: npm run bench -- [--write] [--json] [--node VERSION] [NAME...]

Measures, and prints ratios: nothing passes or fails but abuse, and what could not be
measured. Without names, these (six minutes):
${list(USUAL)}
Only when named:
${list(NAMED)}

  --write     keep the results, and put them into docs/performance.md
  --redraw    measure nothing: only that, from the results that are kept
  --node 24   with that Node, from the registry: without it, the one that runs this
  --rounds N  so many rounds, to see that it works; --json: NDJSON on stdout
  -h, --help  show this

Traffic stays on this machine. bench/README.md: how to get the peers.
example: npm run bench -- kdc channel
`

runTool('bench', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    options: {
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      redraw: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      node: { type: 'string' },
    },
    positionals: ['[NAME...]'],
  })
  const unknown = positionals.find((name) => !BENCHMARKS.has(name))
  if (unknown !== undefined) {
    throw new UsageError(
      `there is no benchmark '${unknown}'`,
      `there are ${[...BENCHMARKS.keys()].join(', ')}`,
    )
  }
  if (values.rounds !== undefined) {
    if (values.write)
      throw new UsageError('what is written has all its rounds: --write goes without --rounds')
    process.env[ROUNDS_VARIABLE] = `${parseInteger('--rounds', values.rounds, 1, MAX_ROUNDS)}`
  }
  if (values.redraw) return writeDocuments()
  if (values.node !== undefined) return runWith(values.node, argv)
  try {
    await runAll(positionals.length > 0 ? positionals : [...USUAL.keys()], values)
  } finally {
    await cleanUp()
  }
})

/** Runs the same with another Node. */
async function runWith(version: string, argv: readonly string[]): Promise<void> {
  if (!/^\d+(\.\d+){0,2}$/.test(version)) throw new UsageError(`--node: '${version}' is no version of Node`)
  const rest = argv.filter((word, i) => !/^--node(=|$)/.test(word) && argv[i - 1] !== '--node')
  const node = ['-y', '-p', `node@${version}`, 'node', '--import', 'tsx', 'bench/run.ts', ...rest]
  const child = start('npx', node, { stdio: 'inherit', shell: process.platform === 'win32' })
  const [status] = await once(child, 'close')
  process.exitCode = status ?? EXIT.failed
}

async function runAll(names: readonly string[], options: { json: boolean; write: boolean }): Promise<void> {
  const results: [string, Recorded][] = []
  const where = conditions()
  talk('node')(process.version)
  for (const name of names) {
    talk(name)(`${BENCHMARKS.get(name)}`)
    try {
      const result: Recorded = { conditions: where, ...(await run(name)) }
      results.push([name, result])
      for (const what of unmeasured(result)) {
        report('bench', new ToolError(`${name}: not measured: ${what}`))
        process.exitCode = EXIT.failed
      }
      for (const { what } of missed(result)) {
        report('bench', new ToolError(`${name}: ${what.trim()}: the goal is missed`))
        process.exitCode = EXIT.failed
      }
      if (options.write) {
        keep(name, result)
        writeDocuments()
      }
      if (options.json) await print(JSON.stringify({ name, ...result }))
    } catch (error) {
      // The others may still have something to say.
      report('bench', error)
      process.exitCode = EXIT.failed
    }
  }
  if (!options.json) await print(asTable(where, results, names))
}

function asTable(where: string, results: readonly [string, Recorded][], names: readonly string[]): string {
  const labelled = <T extends string>(key: 'notes' | 'missing') =>
    results.flatMap(([name, { [key]: words = [] }]) => words.map((word) => `${name}: ${word}` as T))
  const table = render({
    rows: results.flatMap(([, { rows }]) => rows),
    missing: labelled('missing'),
    notes: labelled('notes'),
    tables: results.flatMap(([, { tables = [] }]) => tables),
  })
  const left = [...BENCHMARKS.keys()].filter((name) => !names.includes(name))
  const seconds = Math.round(results.reduce((sum, [, { seconds = 0 }]) => sum + seconds, 0))
  return [
    `\n${where}`,
    `npm run bench -- ${names.join(' ')}: ${seconds} s; medians (smallest - largest) of rounds taken in turn`,
    '',
    `${table}- not run, because not named: ${left.join(', ') || 'nothing'}`,
  ].join('\n')
}

/** One benchmark in a process of its own; what it says on stderr goes to ours. */
async function run(name: string): Promise<Omit<Recorded, 'conditions'>> {
  const from = performance.now()
  const child = startTs(`bench/${name}.ts`, ['--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new ToolError(`${name} did not end well: exit status ${status}`)
  const seconds = (performance.now() - from) / 1000
  const { rows, notes, missing, mustMeet, tables } = JSON.parse(output) as Result
  const result = JSON.parse(JSON.stringify({ rows, notes, missing, mustMeet, tables })) as Result
  return { command: `npm run bench -- ${name}`, seconds, ...result }
}
