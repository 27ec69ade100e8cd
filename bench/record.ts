/**
 * What was measured last, of every benchmark, with the machine and the day: `results/latest.json` for the Node that decides,
 * `results/node-20.json` for another one. Tables and plots are made from them, so no figure is typed.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BENCHMARKS } from './benchmarks.ts'
import { ROOT } from './processes.ts'
import type { Result, Row } from './result.ts'

/** The Node whose figures are to meet the goals, and those that are shown beside it. */
export const DECISIVE_NODE = '24'
export const OTHER_NODES = ['20', '26'] as const

const [RUNNING_NODE = ''] = process.versions.node.split('.')

const fileOf = (node: string) =>
  join(ROOT, 'bench', 'results', node === DECISIVE_NODE ? 'latest.json' : `node-${node}.json`)

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

/** Those of one Node, in the order in which benchmarks are shown. */
export function readRecords(node: string = DECISIVE_NODE): Records {
  const file = fileOf(node)
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Records) : {}
  return Object.fromEntries(
    [...BENCHMARKS.keys()].flatMap((name) => (kept[name] ? [[name, kept[name]]] : [])),
  )
}

/** Puts one in the place of what was there; the others stay. */
export function keep(name: string, recorded: Recorded): void {
  const records = { ...readRecords(RUNNING_NODE), [name]: recorded }
  writeFileSync(fileOf(RUNNING_NODE), `${JSON.stringify(records, rounded, 1)}\n`)
}

/** What another Node's figures say of the same, if it was measured there. */
export function sameRow(row: Row, node: string): Row | undefined {
  return Object.values(readRecords(node))
    .flatMap(({ rows }) => rows)
    .find(
      ({ what, parent, against }) => what === row.what && parent === row.parent && against === row.against,
    )
}

/** Five digits say more than a measurement does. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value
}
