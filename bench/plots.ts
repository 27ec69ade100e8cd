/**
 * The plots of docs/performance.md, from what was measured.
 *
 * @module
 */

import { OTHER_NODES, type Records, sameRow } from './record.ts'
import type { Row, Spread } from './result.ts'
import { type Bar, barChart, dotChart, type Section } from './svg.ts'

const GOOD = { higher: 'more is better', lower: 'less is better', one: 'equal is good' } as const

/** @returns SVG by file name: those for which there are measurements. */
export function plots(records: Records): Map<string, string> {
  const drawn = new Map<string, string>()
  const rows = Object.values(records)
    .flatMap((record) => record.rows)
    .filter(({ ratio }) => Number.isFinite(ratio.median))
  const group = (name: string) => rows.filter((row) => row.group === name)
  const bars = (file: string, title: string, name: string, rest: { own?: Own; only?: RegExp } = {}) => {
    const chosen = group(name).filter(({ what }) => (rest.only ?? /^(?! )/).test(what))
    const [first] = chosen
    if (first) drawn.set(file, barChart(title, `${unitOf(first)}; ${ABOUT}`, sections(chosen, rest.own)))
  }
  const goals = rows.filter(({ goal }) => goal !== undefined)
  if (goals.length > 0) {
    drawn.set(
      'goals.svg',
      dotChart(
        'How many times better than the peer',
        'dot: median; line: smallest and largest of the rounds; stroke: the goal; 1 is the peer; small: Node 20, 26',
        goals.map(dotOf),
      ),
    )
  }
  bars('bulk.svg', 'Bulk on one connection', 'bulk')
  bars('small.svg', 'Small messages on one connection', 'small')
  bars('ping.svg', 'There and back, 32 bytes', 'ping')
  bars('connections.svg', 'New connections, both sides proved, first message acknowledged', 'connections')
  bars('idle.svg', 'Memory of an idle connection', 'idle')
  bars('tickets.svg', 'Processor time of the KDC for a ticket', 'tickets', {
    only: /server CPU/,
    own: ({ what }) => (what.includes('sealed') ? 'Symbolon, sealed' : 'Symbolon, plain'),
  })
  bars('logins.svg', 'Processor time of the KDC for a login', 'logins', { own: () => 'OPAQUE, 8 clients' })
  bars('start.svg', 'From the command to the end of the process', 'start', { own: ({ what }) => what })
  return drawn
}

type Own = (row: Row) => string

/** What ours may be compared with that is ours too. */
const OURS = /^OPAQUE/

const ABOUT = 'bar: median; whisker: smallest and largest of the rounds'

function unitOf({ unit, better }: Row): string {
  const words: Record<string, string> = { '/s': 'a second', us: 'microseconds', ms: 'milliseconds' }
  return `${words[unit] ?? unit}; ${GOOD[better]}`
}

/** Rows that are called the same share a section, unless ours has a name in each. */
function sections(rows: readonly Row[], own?: Own): Section[] {
  if (own) return [{ title: '', bars: barsOf(rows, own) }]
  const titles = [...new Set(rows.map(({ what }) => what))]
  return titles.map((title) => ({
    title: titles.length > 1 ? title : '',
    bars: barsOf(
      rows.filter(({ what }) => what === title),
      () => 'Symbolon',
    ),
  }))
}

/** Ours and all that it is compared with, each once, the best first. */
function barsOf(rows: readonly Row[], own: Own): Bar[] {
  const bars = new Map<string, Bar>()
  for (const row of rows) {
    const [ours, theirs] = [own(row), row.against]
    if (!bars.has(ours)) bars.set(ours, { name: ours, value: row.ours, ours: true })
    if (!bars.has(theirs)) bars.set(theirs, { name: theirs, value: row.theirs, ours: OURS.test(theirs) })
  }
  const sign = rows[0]?.better === 'higher' ? -1 : 1
  return [...bars.values()].sort((a, b) => sign * (a.value.median - b.value.median))
}

function dotOf(row: Row) {
  const { what, parent, against, ratio, better, goal = 1 } = row
  const higher = better === 'higher'
  const others = OTHER_NODES.flatMap((name) => {
    const median = sameRow(row, name)?.ratio.median
    return median === undefined ? [] : [{ name, ratio: higher ? median : 1 / median }]
  })
  const shown = { name: `${parent ? `${parent}: ` : ''}${what.trim()}`, peer: against, others }
  return higher ? { ...shown, ratio, goal } : { ...shown, ratio: inverse(ratio), goal: 1 / goal }
}

function inverse({ median, min, max }: Spread): Spread {
  return { median: 1 / median, min: 1 / max, max: 1 / min }
}
