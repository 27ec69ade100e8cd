/** The lines of a tool's help. */

/** Terminals are at least so wide. */
const WIDTH = 80

/** A line for each option, or command: as it is given, and what it is for, wrapped to the width of a terminal. */
export function optionLines(...options: readonly (readonly [option: string, text: string])[]): string {
  const width = Math.max(...options.map(([option]) => option.length))
  return options
    .flatMap(([option, text]) =>
      wrapWords(text, WIDTH - width - 4).map(
        (line, i) => `  ${(i === 0 ? option : '').padEnd(width)}  ${line}`,
      ),
    )
    .join('\n')
}

/** A text in lines of at most so many characters, broken between words. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}

/** Whether `--help` is among the options, wherever, also where it makes no sense: who types it is lost. */
export function asksForHelp(argv: readonly string[]): boolean {
  return asksFor(argv, '--help') || asksFor(argv, '-h')
}

export function asksFor(argv: readonly string[], option: string): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end < 0 ? argv.length : end).includes(option)
}
