/**
 * The manual page, made of what the tools print with `--help`: man(7), https://man7.org/linux/man-pages/man7/man.7.html
 *
 * @module
 */

/**
 * @param main - what `symbolon --help` prints.
 * @param texts - by command, such as `send`, and `kdc adduser`.
 */
export function manPage(main: string, texts: Readonly<Record<string, string>>, version: string): string {
  const [usage = '', summary = '', ...rest] = main.trim().split('\n\n')
  return [
    `.TH SYMBOLON 1 "" "symbolon ${version}" "User Commands"`,
    '.SH NAME',
    `symbolon \\- ${text(summary.replace(/^M/, 'm').replace(/\.$/, '').replaceAll('\n', ' '))}`,
    '.SH SYNOPSIS',
    ...verbatim(usage.replace(/^usage: /gm, '').replace(/^ {7}(?=\S)/gm, '')),
    '.SH DESCRIPTION',
    ...rest.flatMap(block),
    '.SH COMMANDS',
    ...Object.entries(texts).flatMap(([name, help]) => [
      `.SS symbolon ${text(name)}`,
      ...help.trim().split('\n\n').flatMap(block),
    ]),
    '',
  ].join('\n')
}

function block(lines: string): string[] {
  if (lines.startsWith('usage:') || lines.startsWith('example:')) return verbatim(lines)
  if (lines.startsWith('  ')) return rows(lines.split('\n'))
  // These have a line of their own, also where a help has no room for a blank one before.
  return lines
    .split(/\n(?=exit status:|example:)/)
    .flatMap((part) =>
      part.startsWith('example:') ? verbatim(part) : ['.PP', text(part.replaceAll('\n', ' '))],
    )
}

function verbatim(lines: string): string[] {
  return ['.PP', '.nf', ...lines.split('\n').map(text), '.fi']
}

/** An option, or a command, in the first column; what it is for in the second. */
function rows(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const [, term, said] = /^ {2}(\S.*?)(?: {2,}(.*))?$/.exec(line) ?? []
    if (term === undefined) return [text(line.trim())]
    return ['.TP', `.B ${text(term)}`, ...(said === undefined ? [] : [text(said)])]
  })
}

// A hyphen is a minus sign where it is to be typed; what begins with a dot or an apostrophe would be a request.
function text(line: string): string {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&')
}
