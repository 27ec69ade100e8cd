/**
 * What the tools write: data on stdout, talk on stderr, and nothing from others that a terminal would obey.
 *
 * @module
 */

// C0 and C1 controls, DEL, the line and paragraph separators, and the characters that reorder text
// (Unicode Standard Annex #9, §2) or hide in it (zero width, byte order mark, tags).
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what this is for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu

/** What is written at once before others have their turn. */
const PORTION_CHARACTERS = 64 * 1024

/**
 * Makes text from somebody else safe to print on one line: control, bidi and invisible characters are shown as
 * `\x1b` or `\u{202e}`, not obeyed. A backslash of theirs is left alone: this is for eyes, not for parsing back.
 */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\t') return '    '
    const point = character.codePointAt(0) ?? 0
    return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`
  })
}

/** A value as one line of JSON that is as safe on a terminal as `visible` makes text, and parses back to the same. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (character) =>
    // UTF-16 code units, as JSON has them.
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/**
 * What somebody said, as every tool prints it: `name: text`, one line each. A text of several lines gives several, each
 * with the name, so that nobody can speak in another's.
 *
 * @param columns - the width of the terminal, where there is one: a line that the terminal would break is broken here,
 *   and goes on behind a mark, for at the left edge it would pass for somebody else's.
 */
export function saidLines(name: string, text: string, columns?: number): string[] {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  const said = lines.map((line) => `${visible(name)}: ${visible(line)}`)
  return columns ? said.flatMap((line) => wrap(line, columns)) : said
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
function cellsOf(character: string): number {
  return (character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2
}

/** Lines in portions small enough to be written at once without keeping anybody waiting; each holds whole lines. */
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
 * Writes data to stdout, followed by a line feed; resolves when the system has taken it, and whatever else the tool does
 * has had its turn. Files and terminals are written to without waiting: without that turn, somebody who has much to say
 * would keep everybody else out.
 */
export async function print(text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()))
  })
  await new Promise(setImmediate)
}

/** Gives the function with which a tool talks: `tool: line` on stderr. */
export function talk(tool: string): (line: string) => void {
  return (line) => {
    process.stderr.write(`${tool}: ${line}\n`)
  }
}

/**
 * Dims text that is not the point, on a terminal that shows colour: never when `NO_COLOR` is set and not empty
 * (https://no-color.org), nor into a file or pipe.
 */
export function dim(text: string, stream: NodeJS.WriteStream): string {
  return stream.isTTY && !process.env.NO_COLOR ? `\x1b[2m${text}\x1b[22m` : text
}
