/**
 * What every benchmark shares: rounds taken in turn, medians with their spread, ratios within a round, and one way to
 * show them.
 *
 * @module
 */
import { conditions } from './conditions.ts'
import { cleanUp } from './processes.ts'
import type { Result, Row, Spread } from './result.ts'
import { digits, missed, render, unmeasured } from './table.ts'

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

/** How often a value of `a` is larger than one of `b`: the area under the curve of an attacker who guesses by time. */
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
  row: Pick<Row, 'what' | 'group' | 'parent' | 'unit' | 'against' | 'better' | 'goal'> & {
    ours: readonly number[]
    theirs: readonly number[]
  },
): Row {
  const { what, group, parent, unit, against, better, goal, ours, theirs } = row
  const ratio = ours.map((value, round) => value / (theirs[round] ?? Number.NaN))
  const spreads = { ours: spread(ours), theirs: spread(theirs), ratio: spread(ratio) }
  return { what, group, parent, unit, against, better, goal, ...spreads }
}

/**
 * Runs the cases in turn, every case once a round, the order reversed in every other round: what disturbs the machine
 * disturbs all of them alike. A first round warms up and is not counted.
 */
export async function interleave<Cases extends Record<string, () => Promise<unknown>>>(
  usual: number,
  cases: Cases,
): Promise<Measured<Cases>> {
  const rounds = Number(process.env[ROUNDS_VARIABLE] ?? usual)
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

/** `npm run bench -- --rounds` sets this for the benchmarks that it starts. */
export const ROUNDS_VARIABLE = 'SYMBOLON_BENCH_ROUNDS'

/** The results of every case, one a round. */
type Measured<Cases extends Record<string, () => Promise<unknown>>> = {
  [Name in keyof Cases]: Awaited<ReturnType<Cases[Name]>>[]
}

/** Tells what waits. */
export function say(text: string): void {
  process.stderr.write(`  ${text}\n`)
}

/** Runs a benchmark as a program: prints its table, or with `--json` its result for another program. */
export async function runBenchmark(name: string, run: () => Promise<Result>): Promise<void> {
  try {
    const result = await run()
    if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ name, ...result })}\n`)
    else {
      process.stdout.write(`\n${conditions()}\nnode --import tsx bench/${name}.ts\n\n${render(result)}`)
      if (missed(result).length > 0 || unmeasured(result).length > 0) process.exitCode = 1
    }
  } finally {
    await cleanUp()
  }
}
