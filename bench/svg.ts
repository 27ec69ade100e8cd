/**
 * Two kinds of charts as SVG: bars with whiskers, and ratios as dots on a logarithmic scale. No fonts or scripts from elsewhere; the
 * colours follow the reader's, light or dark.
 *
 * @module
 */
import type { Spread } from './result.ts'
import { digits } from './table.ts'

const WIDTH = 760
const [LABEL_WIDTH, VALUE_WIDTH, ROW, TOP] = [250, 96, 27, 50]
const PLOT_WIDTH = WIDTH - LABEL_WIDTH - VALUE_WIDTH

interface Palette {
  readonly ink: string
  readonly dim: string
  readonly grid: string
  readonly ours: string
  readonly theirs: string
  readonly met: string
  readonly missed: string
}

const LIGHT: Palette = {
  ink: '#1f2430',
  dim: '#687182',
  grid: '#d9dde4',
  ours: '#2563c9',
  theirs: '#a9b3c1',
  met: '#1a7f4b',
  missed: '#c2410c',
}
const DARK: Palette = {
  ink: '#e6e9ef',
  dim: '#9aa4b5',
  grid: '#39414f',
  ours: '#6ea3f5',
  theirs: '#5b6778',
  met: '#4cc38a',
  missed: '#f5894f',
}

/** Written out for both: not every viewer knows variables. */
function colours({ ink, dim, grid, ours, theirs, met, missed }: Palette): string {
  return [
    `text { fill: ${ink} } .dim { fill: ${dim} } .grid { stroke: ${grid} } .one { stroke: ${dim} }`,
    `.ours { fill: ${ours} } .theirs { fill: ${theirs} } .whisker { stroke: ${ink} } .goal { stroke: ${ink} }`,
    `.met { fill: ${met}; stroke: ${met} } .missed { fill: ${missed}; stroke: ${missed} }`,
  ].join('\n')
}

const STYLE = `<style>
text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif }
.title { font-size: 15px; font-weight: 600 } .section, .bold { font-weight: 600 } .small { font-size: 12px }
.end { text-anchor: end } .middle { text-anchor: middle } .whisker { stroke-opacity: .55 } .goal { stroke-width: 2 }
${colours(LIGHT)}
@media (prefers-color-scheme: dark) {
${colours(DARK)}
}
text.met, text.missed { stroke: none }
</style>`

/** One bar. */
export interface Bar {
  readonly name: string
  readonly value: Spread
  readonly ours: boolean
}

/** Bars with a scale of their own. */
export interface Section {
  readonly title: string
  readonly bars: readonly Bar[]
}

/** @param about - under the title: what is shown, and which way is good. */
export function barChart(title: string, about: string, sections: readonly Section[]): string {
  let y = TOP
  const parts = sections.map((section) => {
    const most = Math.max(...section.bars.map(({ value }) => value.max))
    const scale = (value: number) => (PLOT_WIDTH * Math.max(0, value)) / most
    const head = section.title
      ? text(
          0,
          y + 20,
          section.title.replace(/^./, (first) => first.toUpperCase()),
          'section',
        )
      : ''
    if (section.title) y += 26
    const bars = section.bars.map((bar) => {
      const drawn = oneBar(bar, y, scale)
      y += ROW
      return drawn
    })
    return head + bars.join('')
  })
  return document(title, about, y + 6, parts.join('\n'))
}

function oneBar({ name, value, ours }: Bar, y: number, scale: (value: number) => number): string {
  const middle = y + ROW / 2
  const [from, to] = [LABEL_WIDTH + scale(value.min), LABEL_WIDTH + scale(value.max)]
  const weight = ours ? 'bold' : ''
  return [
    text(LABEL_WIDTH - 10, middle + 4.5, name, `end ${weight}`),
    `<rect class="${ours ? 'ours' : 'theirs'}" x="${LABEL_WIDTH}" y="${y + 5}" width="${round(scale(value.median))}" height="${ROW - 10}" rx="3"/>`,
    `<path class="whisker" d="M${round(from)} ${middle}H${round(to)}M${round(from)} ${middle - 3}v6M${round(to)} ${middle - 3}v6"/>`,
    text(Math.max(to, LABEL_WIDTH + scale(value.median)) + 8, middle + 4.5, digits(value.median), weight),
  ].join('')
}

/** One ratio: above 1 is better than the peer, whichever way the figure itself is good. */
export interface Dot {
  readonly name: string
  readonly peer: string
  readonly ratio: Spread
  readonly goal: number
  /** Of other Nodes, by name. */
  readonly others: readonly { readonly name: string; readonly ratio: number }[]
}

const TICKS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]

export function dotChart(title: string, about: string, dots: readonly Dot[]): string {
  const [labelWidth, row] = [350, 42]
  const values = dots.flatMap(({ ratio, goal, others }) => [
    ...[ratio.min, ratio.max, goal, 1],
    ...others.map((other) => other.ratio),
  ])
  const [low, high] = [Math.min(...values) / 1.2, Math.max(...values) * 1.2].map(Math.log) as [number, number]
  const x = (value: number) =>
    round(labelWidth + ((WIDTH - labelWidth - 70) * (Math.log(value) - low)) / (high - low))
  const bottom = TOP + dots.length * row
  const ticks = TICKS.filter((tick) => Math.log(tick) >= low && Math.log(tick) <= high).map(
    (tick) =>
      `<path class="${tick === 1 ? 'one' : 'grid'}" d="M${x(tick)} ${TOP}V${bottom}"/>` +
      text(x(tick), bottom + 16, `${tick}`, 'dim middle'),
  )
  const drawn = dots.map(({ name, peer, ratio, goal, others }, index) => {
    const middle = TOP + index * row + row / 2
    const kind = ratio.median >= goal ? 'met' : 'missed'
    return [
      text(labelWidth - 12, middle - 2.5, name, 'end'),
      text(labelWidth - 12, middle + 13, `beside ${peer}`, 'end dim small'),
      `<path class="${kind}" d="M${x(ratio.min)} ${middle}H${x(ratio.max)}"/>`,
      `<path class="goal" d="M${x(goal)} ${middle - 8}v16"/>`,
      `<circle class="${kind}" cx="${x(ratio.median)}" cy="${middle}" r="4.5"/>`,
      ...others.map(
        (other) =>
          `<circle class="dim" cx="${x(other.ratio)}" cy="${middle - 9}" r="2.5"/>` +
          text(x(other.ratio) + 5, middle - 6, other.name, 'dim small'),
      ),
      text(WIDTH, middle + 4.5, digits(ratio.median), `end bold ${kind}`),
    ].join('')
  })
  return document(title, about, bottom + 24, [...ticks, ...drawn].join('\n'))
}

function document(title: string, about: string, height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -4 ${WIDTH + 16} ${height + 8}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">
${STYLE}
${text(0, 18, title, 'title')}${text(0, 38, about, 'dim')}
${content}
</svg>
`
}

function text(x: number, y: number, words: string, kind: string): string {
  return `<text class="${kind.trim()}" x="${round(x)}" y="${round(y)}">${escaped(words)}</text>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(words: string): string {
  return words.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
}
