/**
 * What was measured last, of every benchmark, with the machine and the day: `results/latest.json`. Tables and plots are made from it, so
 * no figure is typed.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BENCHMARKS } from './benchmarks.ts'
import { ROOT } from './processes.ts'
import type { Result } from './result.ts'

const FILE = join(ROOT, 'bench', 'results', 'latest.json')

/** One benchmark, as it was measured. */
export interface Recorded extends Result {
  /** `conditions()` of that day. */
  readonly conditions: string
  readonly command: string
  /** How long it took, where that was noted. */
  readonly seconds?: number
}

/** All of them, by name. */
export type Records = Readonly<Record<string, Recorded>>

/** In the order in which benchmarks are shown. */
export function readRecords(): Records {
  const kept = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Records) : {}
  return Object.fromEntries(
    [...BENCHMARKS.keys()].flatMap((name) => (kept[name] ? [[name, kept[name]]] : [])),
  )
}

/** Puts one in the place of what was there; the others stay. */
export function keep(name: string, recorded: Recorded): void {
  writeFileSync(FILE, `${JSON.stringify({ ...readRecords(), [name]: recorded }, rounded, 1)}\n`)
}

/** Five digits say more than a measurement does. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}
