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

/**
 * What somebody said, as every tool prints it: `name: text`, one line each. A text of several lines gives several, each
 * with the name, so that nobody can speak in another's.
 */
export function saidLines(name: string, text: string): string[] {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  return lines.map((line) => `${visible(name)}: ${visible(line)}`)
}

/** Writes one line of data to stdout; resolves when the system has taken it. */
export function print(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()))
  })
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
