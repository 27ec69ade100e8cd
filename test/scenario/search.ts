/** Looks for a text in everything that somebody has on a disk, however it may be written there. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A text as it may be written: UTF-8, UTF-16, hexadecimal, base64 and base64url wherever it begins within three bytes; each of
 * them backwards too.
 */
export function writings(text: string): Map<string, Buffer> {
  const utf8 = Buffer.from(text)
  const utf16 = Buffer.from(text, 'utf16le')
  const forms = new Map([
    ['UTF-8', utf8],
    ['UTF-16LE', utf16],
    ['UTF-16BE', Buffer.from(utf16).swap16()],
    ['hex', Buffer.from(utf8.toString('hex'))],
    ['HEX', Buffer.from(utf8.toString('hex').toUpperCase())],
  ])
  for (const encoding of ['base64', 'base64url'] as const) {
    for (const before of [0, 1, 2]) {
      forms.set(`${encoding} after ${before} bytes`, Buffer.from(innerBase64(utf8, encoding, before)))
    }
  }
  for (const [form, bytes] of [...forms]) forms.set(`${form} backwards`, Buffer.from(bytes).reverse())
  return forms
}

/** The characters that depend on `bytes` alone, when so many others stand before them, and any after. */
function innerBase64(bytes: Buffer, encoding: 'base64' | 'base64url', before: number): string {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding)
  const [first, end] = [Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6)]
  return whole.slice(first, end)
}

/** What is below these paths, which may be files: a path for each file, and what it holds. */
export function contentsOf(...paths: string[]): Map<string, Buffer> {
  const files = paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path]
    return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
  })
  return new Map(files.filter((path) => statSync(path).isFile()).map((path) => [path, readFileSync(path)]))
}

/** Where a text is written, and how: `kdc.sqlite: UTF-8`. */
export function occurrences(text: string, contents: Map<string, Buffer>): string[] {
  return [...writings(text)].flatMap(([form, bytes]) =>
    [...contents].filter(([, content]) => content.includes(bytes)).map(([path]) => `${path}: ${form}`),
  )
}
