/** The options in a tool's help. */
/** An option as it is given, and what it is for; a default is written `(default: X)`. */
export type OptionHelp = readonly [option: string, text: string]

/** Terminals are at least so wide. */
const WIDTH = 80

export function optionLines(...options: readonly OptionHelp[]): string {
  const width = Math.max(...options.map(([option]) => option.length))
  return options
    .flatMap(([option, text]) =>
      wrap(text, WIDTH - width - 4).map((line, i) => `  ${(i === 0 ? option : '').padEnd(width)}  ${line}`),
    )
    .join('\n')
}

function wrap(text: string, width: number): string[] {
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
