/**
 * Puts what was measured into docs/performance.md, between its marks, and draws its plots. Everything else in it is written by hand.
 *
 *   <!-- figures: channel/bulk -->    a group's rows
 *   <!-- figures: goals -->           every row that has a goal
 *   <!-- figures: logins/words -->    a benchmark's tables of words
 *   <!-- figures: conditions -->      when, where, with which command
 *   <!-- end -->
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plots } from './plots.ts'
import { ROOT } from './processes.ts'
import { OTHER_NODES, type Records, readRecords, sameRow } from './record.ts'
import type { Row } from './result.ts'
import { cells, digits, HEAD, markdown, markdownOf } from './table.ts'

const DOCUMENT = join(ROOT, 'docs', 'performance.md')
const PLOTS = join(ROOT, 'docs', 'plots')
const MARKED = /(<!-- figures: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g

export function writeDocuments(): void {
  const records = readRecords()
  const document = readFileSync(DOCUMENT, 'utf8')
  writeFileSync(DOCUMENT, filled(document, records))
  mkdirSync(PLOTS, { recursive: true })
  for (const [file, svg] of plots(records)) writeFileSync(join(PLOTS, file), svg)
}

/** @returns the document with the figures of these measurements between its marks. */
export function filled(document: string, records: Records): string {
  return document.replace(MARKED, (_all, open: string, name: string, close: string) => {
    return `${open}\n${figures(name, records)}\n\n${close}`
  })
}

function figures(name: string, records: Records): string {
  if (name === 'conditions') return conditionsOf(records)
  const all = Object.values(records).flatMap(({ rows }) => rows)
  if (name === 'goals') return goalsOf(all.filter(({ goal }) => goal !== undefined))
  const [benchmark = '', group] = name.split('/')
  const record = records[benchmark]
  if (!record) return `Not measured yet: \`npm run bench -- --write ${benchmark}\`.`
  if (group === 'words') return (record.tables ?? []).map(markdownOf).join('\n\n')
  const rows = group ? record.rows.filter((row) => row.group === group) : record.rows
  const notes = (record.notes ?? [])
    .filter((note) => !group || note.startsWith(`${group}: `))
    .map((note) => (group ? note.slice(group.length + 2) : note))
  const words = [...(record.missing ?? []).map((what) => `left out: ${what}`), ...notes]
  return [tableOf(rows), ...(words.length > 0 ? [words.map((word) => `- ${word}`).join('\n')] : [])].join(
    '\n\n',
  )
}

function tableOf(rows: readonly Row[]): string {
  return markdown(HEAD, rows.map(cells))
}

/** With the ratios of other Nodes beside those of the one that decides. */
function goalsOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const others = OTHER_NODES.map((node) => sameRow(row, node)?.ratio.median)
    return [...cells(withParent(row)), ...others.map((ratio) => (ratio === undefined ? '' : digits(ratio)))]
  })
  return markdown([...HEAD, ...OTHER_NODES.map((node) => `Node ${node}`)], lines)
}

/** Away from the row above it, a row must say what it is of. */
function withParent(row: Row): Row {
  return row.parent ? { ...row, what: `${row.parent}: ${row.what.trim()}` } : row
}

function conditionsOf(records: Records): string {
  const lines = Object.entries(records).map(
    ([name, { conditions, command, seconds }]) =>
      `| ${name} | ${conditions} | \`${command}\` | ${seconds === undefined ? '' : Math.round(seconds)} |`,
  )
  return ['| benchmark | when and where | command | seconds |', '| --- | --- | --- | ---: |', ...lines].join(
    '\n',
  )
}
