/**
 * What every benchmark shares: rounds taken in turn, medians with their spread, ratios within a round, and one way to
 * show them.
 *
 * @module
 */
import { availableParallelism, cpus, type as system } from 'node:os'
import { cleanUp } from './processes.ts'

/** A measurement repeated: its median, and how far it was off at worst. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** One line of a table: ours against something measured in the same rounds. */
export interface Row {
  readonly what: string
  readonly unit: string
  readonly ours: Spread
  /** What it is compared with. */
  readonly against: string
  readonly theirs: Spread
  /** Ours divided by theirs, of each round. */
  readonly ratio: Spread
  /** Which way is good. */
  readonly better: 'lower' | 'higher' | 'one'
}

/** What one benchmark found out. */
export interface Result {
  readonly rows: readonly Row[]
  /** Sentences that a table cannot hold. */
  readonly notes?: readonly string[]
}

/** The value below which a part of the values lies: 0.5 is the median. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN]
  return low + (high - low) * (at - Math.floor(at))
}

export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), min: quantile(values, 0), max: quantile(values, 1) }
}

/** The tenth, the half and nine tenths of the values lie below these. */
export function percentiles(values: readonly number[]): string {
  return [0.1, 0.5, 0.9].map((part) => digits(quantile(values, part))).join(', ')
}

/** How often a value of `a` is larger than one of `b`: the area under the curve of whoever guesses by time. */
export function chance(a: readonly number[], b: readonly number[]): number {
  let larger = 0
  for (const x of a) for (const y of b) larger += x > y ? 1 : x === y ? 0.5 : 0
  return larger / (a.length * b.length)
}

/** Standard error of `chance` when there is no difference (Mann and Whitney). */
export function chanceError(count: number): number {
  return Math.sqrt((2 * count + 1) / (12 * count * count))
}

/** Makes a row from values that were taken in turn: the first of ours beside the first of theirs. */
export function compare(
  row: Pick<Row, 'what' | 'unit' | 'against' | 'better'> & {
    ours: readonly number[]
    theirs: readonly number[]
  },
): Row {
  const { ours, theirs } = row
  const ratio = ours.map((value, round) => value / (theirs[round] ?? Number.NaN))
  return { ...row, ours: spread(ours), theirs: spread(theirs), ratio: spread(ratio) }
}

/**
 * Runs the cases in turn, every case once a round, the order reversed in every other round: what disturbs the machine
 * disturbs all of them alike. A first round warms up and is not counted.
 */
export async function interleave<Cases extends Record<string, () => Promise<unknown>>>(
  rounds: number,
  cases: Cases,
): Promise<Measured<Cases>> {
  const names = Object.keys(cases) as (keyof Cases)[]
  const results = Object.fromEntries(names.map((name) => [name, [] as unknown[]])) as Measured<Cases>
  for (let round = 0; round <= rounds; round++) {
    process.stderr.write(round === 0 ? '  ' : '.')
    for (const name of round % 2 ? names : [...names].reverse()) {
      const result = (await cases[name]?.()) as Awaited<ReturnType<Cases[keyof Cases]>>
      if (round > 0) results[name].push(result)
    }
  }
  process.stderr.write('\n')
  return results
}

/** The results of every case, one a round. */
type Measured<Cases extends Record<string, () => Promise<unknown>>> = {
  [Name in keyof Cases]: Awaited<ReturnType<Cases[Name]>>[]
}

/** Tells whoever waits. */
export function say(text: string): void {
  process.stderr.write(`  ${text}\n`)
}

/** The machine and the program, without which no figure means anything. */
export function conditions(): string {
  const [cpu] = cpus()
  const date = new Date().toISOString().slice(0, 10)
  return `${date}; ${cpu?.model ?? 'unknown processor'}, ${availableParallelism()} cores; ${system()}; Node ${process.version}`
}

/** Runs a benchmark as a program: prints its table, or with `--json` its result for another program. */
export async function runBenchmark(name: string, run: () => Promise<Result>): Promise<void> {
  try {
    const result = await run()
    if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ name, ...result })}\n`)
    else process.stdout.write(`\n${conditions()}\nnode --import tsx bench/${name}.ts\n\n${render(result)}`)
  } finally {
    await cleanUp()
  }
}

/** A result as text. */
export function render({ rows, notes = [] }: Result): string {
  const head = ['', 'unit', 'ours', 'compared with', 'that', 'ours / that', 'good is']
  const lines = rows.map(({ what, unit, ours, against, theirs, ratio, better }) => {
    return [what, unit, show(ours), against, show(theirs), show(ratio), better === 'one' ? 'near 1' : better]
  })
  const widths = head.map((_, column) =>
    Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)),
  )
  const table = [head, ...lines].map((line) =>
    line
      .map((cell, c) => cell.padEnd(widths[c] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${[...table, ...notes.map((note) => `- ${note}`)].join('\n')}\n`
}

/** Median and extremes, each with three digits. */
export function show({ median, min, max }: Spread): string {
  return `${digits(median)} (${digits(min)} - ${digits(max)})`
}

/** A number with three digits, or all those before its point. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return 'unknown'
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)))
  return value.toLocaleString('en', {
    minimumFractionDigits: 0,
    maximumFractionDigits: Math.min(4, decimals),
  })
}
