/** Numbers, sizes and times as people read them. */
import { UsageError } from '../errors.ts'

/** `1 session`, `2 sessions`. */
export const count = (n: number, thing: string) => `${n} ${thing}${n === 1 ? '' : 's'}`

/** Unix seconds in ISO 8601, UTC: `2026-01-31T12:00:00Z`. */
export const timestamp = (time: number) => new Date(time * 1000).toISOString().replace('.000Z', 'Z')

// As operating systems and shops count: a MB has 1000 kB.
const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** `1 byte`, `999 bytes`, `1.2 MB`, `34 MB`. */
export function sizeText(bytes: number): string {
  if (bytes === 1) return '1 byte'
  let value = bytes
  let unit = 0
  // What would be rounded to 1000 is one of the next.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

const FACTORS = new Map([
  ['', 1],
  ['b', 1],
  ['bytes', 1],
  ...['k', 'm', 'g', 't'].flatMap((prefix, i): [string, number][] => [
    [prefix, 1000 ** (i + 1)],
    [`${prefix}b`, 1000 ** (i + 1)],
    [`${prefix}ib`, 1024 ** (i + 1)],
  ]),
])

/** A number of bytes of an option: `100MB`, `1.5 GB`, `64KiB`, `1000`. */
export function parseSize(name: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?) ?([a-z]*)$/i.exec(text.trim()) ?? []
  const factor = FACTORS.get(unit.toLowerCase())
  const bytes = number === '' || factor === undefined ? Number.NaN : Math.round(Number(number) * factor)
  if (Number.isSafeInteger(bytes)) return bytes
  throw new UsageError(`${name}: expected a size, got '${text}'`, 'for example: 100MB, 1.5GB or 2000 bytes')
}

/** Rows below a heading, in columns as wide as they need to be. */
export function table(...rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(width(i)))
      .join('  ')
      .trimEnd(),
  )
}

/** `2026-11-21 09:05`, where the reader is. */
export function localTime(unixSeconds: number): string {
  const time = new Date(unixSeconds * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`
}
