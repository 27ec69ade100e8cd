/**
 * Results as text: one way to show them.
 *
 * @module
 */
import type { Result, Row, Spread, Table } from './result.ts'

/** What every table of rows has above it. */
export const HEAD = ['', 'unit', 'ours', 'compared with', 'that', 'ours / that', 'good is'] as const

/** A result as text. */
export function render({ rows, notes = [], missing = [], tables = [] }: Result): string {
  const lines = [
    ...aligned([HEAD, ...rows.map(cells)]),
    ...missing.map((what) => `- left out: ${what}`),
    ...notes.map((note) => `- ${note}`),
    ...tables.flatMap(({ title, head, rows }) => ['', title, ...aligned([head, ...rows])]),
  ]
  return `${lines.join('\n')}\n`
}

/** A row as the cells of a table. */
export function cells(row: Row): string[] {
  return [row.what, row.unit, show(row.ours), row.against, show(row.theirs), show(row.ratio), good(row)]
}

/** A row's goal, and whether its median meets it. */
export function good({ better, goal, ratio }: Row): string {
  if (goal === undefined) return better === 'one' ? 'near 1' : better
  // What a system does not tell is NaN, and null once it was JSON.
  if (!Number.isFinite(ratio.median)) return 'not measured'
  const words = better === 'higher' ? `${goal} or more` : `${goal} or less`
  return `${words}: ${isMet(goal, better, ratio.median) ? 'met' : 'NOT MET'}`
}

/** What could not be measured, though it should have been. */
export function unmeasured({ rows, missing = [] }: Result): string[] {
  const without = rows.filter(({ ratio }) => !Number.isFinite(ratio.median))
  return [...missing, ...without.map(({ what, against }) => `${what.trim()}, beside ${against}`)]
}

/** The rows whose goal is missed, of a result that must meet them. */
export function missed({ rows, mustMeet }: Result): readonly Row[] {
  if (!mustMeet) return []
  return rows.filter(({ goal, better, ratio }) => goal !== undefined && !isMet(goal, better, ratio.median))
}

export function isMet(goal: number, better: Row['better'], ratio: number): boolean {
  return better === 'higher' ? ratio >= goal : ratio <= goal
}

/** Lines of text whose columns stand under one another. */
export function aligned(lines: readonly (readonly string[])[]): string[] {
  const columns = lines[0]?.length ?? 0
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(...lines.map((line) => line[c]?.length ?? 0)),
  )
  return lines.map((line) =>
    line
      .map((cell, c) => cell.padEnd(widths[c] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** The same for a document. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const numbers = new Set(['ours', 'that', 'ours / that', 'Node 20', 'Node 26'])
  const rule = head.map((title) => (numbers.has(title) ? '---:' : '---'))
  return [head, rule, ...rows].map((line) => `| ${line.map((cell) => cell.trim()).join(' | ')} |`).join('\n')
}

export function markdownOf({ head, rows }: Table): string {
  return markdown(head, rows)
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
