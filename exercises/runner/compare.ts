/**
 * Two programs, line by line.
 *
 * @module
 */

/** Lines that both have, and before them those that only one has: `- ` the first, `+ ` the second. */
export function compared(first: string, second: string): string[] {
  const [a, b] = [code(first), code(second)]
  const common = lengths(a, b)
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const isSame = i < a.length && j < b.length && isAlike(a[i], b[j])
    if (isSame) {
      lines.push(`  ${a[i++]}`)
      j++
    } else if (j >= b.length || (i < a.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push(`- ${a[i++]}`)
    } else lines.push(`+ ${b[j++]}`)
  }
  return lines
}

/** Without imports, empty lines, and comments that have lines of their own: they are no part of what is compared. */
function code(text: string): string[] {
  const rest = text.replace(/^\s*\/\*\*.*?\*\/\s*$/gms, '').replace(/^import\s[^'"]*['"][^'"]*['"];?$/gm, '')
  const lines = rest.split(/\r?\n/)
  return lines.filter((line) => !/^\s*(?:\/\/.*)?$/.test(line))
}

const isAlike = (a = '', b = '') => a.trim().replace(/;$/, '') === b.trim().replace(/;$/, '')

const at = (table: readonly number[][], i: number, j: number) => table[i]?.[j] ?? 0

/** Of the longest common subsequence of what is left from each place on. */
function lengths(a: readonly string[], b: readonly string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  for (let i = a.length - 1; i >= 0; i--) {
    const row = table[i] ?? []
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = isAlike(a[i], b[j])
        ? at(table, i + 1, j + 1) + 1
        : Math.max(at(table, i + 1, j), at(table, i, j + 1))
    }
  }
  return table
}
