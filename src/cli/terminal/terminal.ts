/** What the tools write: data on stdout, talk on stderr, and nothing from others that a terminal would obey. */
import { bounded, visible, visibleJson } from '../../lib/text/visible.ts'
import { labelOf, TOOLS } from '../installed.ts'

export { visible }

/** What is written at once before others have their turn. */
const PORTION_CHARACTERS = 64 * 1024

/** A value as one line of JSON that is as safe on a terminal as `visible` makes text, and parses back to the same. */
export const jsonLine = (value: unknown): string => visibleJson(JSON.stringify(value))

/** The tools, by the names that their lines on stderr begin with. */
export const TOOL_NAMES: readonly string[] = [...TOOLS.map(labelOf), 'symbolon']

/** A principal who has said or sent something. */
export interface Speaker {
  readonly name: string
  /** When it was said, in words, if that was earlier. */
  readonly at?: string | undefined
}

/**
 * What a principal said, as every tool prints it: `name: text`, one line each. A text of several lines gives several, each
 * with the name, so that no principal can speak in another's, or in ours: a principal called `receiver` is `@receiver` here.
 *
 * @param columns - the width of the terminal, where there is one: a line that the terminal would break is broken here,
 *   and goes on behind a mark, for at the left edge it would pass for another's.
 * @param look - of the name.
 */
export function saidLines(speaker: Speaker, text: string, columns?: number, look: Look = plain): string[] {
  const who = label(speaker)
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  return lines.flatMap((line) => {
    const [first = '', ...more] = rows(`${who}: ${visible(line)}`, columns)
    return [first.startsWith(who) ? `${look(who)}${first.slice(who.length)}` : first, ...more]
  })
}

/** What a tool tells of a principal, among what people say: `* name: text`. No name begins so, so no principal can say it. */
export function toldLines(speaker: Speaker, text: string, columns?: number): string[] {
  return rows(`* ${label(speaker)}: ${visible(text)}`, columns)
}

function label({ name, at }: Speaker): string {
  const shown = TOOL_NAMES.includes(name) ? `@${name}` : visible(name)
  return at === undefined ? shown : `[${at}] ${shown}`
}

/** A line in pieces that fit on a terminal of so many columns, each but the first behind a mark. */
function rows(line: string, columns: number | undefined): string[] {
  return columns ? wrap(line, columns) : [line]
}

const CONTINUATION = '   | '

/** A line in rows of less than `columns`, those after the first behind a mark. */
export function wrap(line: string, columns: number): string[] {
  const rows: string[] = []
  let row = ''
  let width = 0
  for (const character of line) {
    const cells = cellsOf(character)
    // One column stays free: some terminals break after filling the last.
    if (width + cells >= columns && row.length > CONTINUATION.length) {
      rows.push(row)
      row = CONTINUATION
      width = CONTINUATION.length
    }
    row += character
    width += cells
  }
  rows.push(row)
  return rows
}

/** How many cells of a terminal a text takes, or more: characters that combine are counted, too. */
export function cellsIn(text: string): number {
  let cells = 0
  for (const character of text) cells += cellsOf(character)
  return cells
}

// At least as wide as any terminal shows it: from Hangul on, characters may take two cells.
const cellsOf = (character: string): number => ((character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2)

/** Lines in portions small enough to be written at once without keeping others waiting; each holds whole lines. */
export function* portions(lines: readonly string[]): Generator<string> {
  let portion: string[] = []
  let characters = 0
  for (const line of lines) {
    portion.push(line)
    characters += line.length
    if (characters < PORTION_CHARACTERS) continue
    yield portion.join('\n')
    portion = []
    characters = 0
  }
  if (portion.length > 0) yield portion.join('\n')
}

/**
 * Writes data to stdout, followed by a line feed; resolves when the system has taken it, and whatever else the tool does has had its turn.
 * Files and terminals are written to without waiting: without that turn, a peer with much to say would keep all others out.
 */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()))
  })
  await new Promise(setImmediate)
}

/** As much as is shown of one line of talk, in characters. */
const MAX_TALK_CHARACTERS = 2000

/**
 * One line of a tool's talk, on a terminal perhaps in several rows: `receiver: listening on 127.0.0.1:40123`. In what it tells, the words
 * of others stand in quotes, so that a line without any may be broken by the terminal: what is copied from it is whole.
 */
export function talkLine(tool: string, line: string, columns?: number): string[] {
  const shown = `${tool}: ${visible(bounded(line, MAX_TALK_CHARACTERS))}`
  return shown.includes('"') ? rows(shown, columns) : [shown]
}

export type Look = (row: string) => string

const plain: Look = (row) => row

/** Gives the function with which a tool talks: `tool: line` on stderr. */
export function talk(tool: string): (line: string, look?: Look) => void {
  return (line, look = plain) => {
    const { columns, isTTY } = process.stderr
    process.stderr.write(
      talkLine(tool, line, isTTY ? columns : undefined)
        .map((row) => `${look(row)}\n`)
        .join(''),
    )
  }
}

/** How text stands out, or is less than the point: what begins it and what ends it, of SGR (ECMA-48 §8.3.117). */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

/**
 * Text in a style, on a terminal that has it: never when `NO_COLOR` is set and not empty (https://no-color.org), on one that is `dumb`,
 * nor into a file or pipe.
 */
export function styled(
  style: keyof typeof STYLES,
  text: string,
  stream: { readonly isTTY?: boolean },
): string {
  const { NO_COLOR, TERM } = process.env
  if (!stream.isTTY || NO_COLOR || TERM === 'dumb') return text
  const [begin, end] = STYLES[style]
  return `\x1b[${begin}m${text}\x1b[${end}m`
}

/** The beginning of a line in a style: `error:` of `sender: error: …`. */
export function withWord(style: keyof typeof STYLES, word: string): Look {
  return (row) => row.replace(word, (found) => styled(style, found, process.stderr))
}
