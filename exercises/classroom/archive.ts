/**
 * A tar archive (POSIX ustar), compressed: `tar -xf` unpacks it on Linux, macOS and Windows, with what may be run still to be run.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

export interface Entry {
  /** In the archive, with slashes. */
  readonly path: string
  readonly content: Uint8Array
  readonly isProgram?: boolean
}

const BLOCK = 512
const MAX_NAME = 100
const MAX_PREFIX = 155

export function archive(entries: readonly Entry[]): Uint8Array {
  const parts = entries.flatMap((entry) => {
    const padding = new Uint8Array(-entry.content.length & (BLOCK - 1))
    return [headerOf(entry), entry.content, padding]
  })
  return gzipSync(Buffer.concat([...parts, new Uint8Array(2 * BLOCK)]))
}

export const fileEntry = (path: string, file: string, isProgram = false): Entry => ({
  path,
  content: readFileSync(file),
  isProgram,
})

function headerOf({ path, content, isProgram }: Entry): Uint8Array {
  const header = Buffer.alloc(BLOCK)
  const write = (text: string, at: number) => header.write(text, at, 'utf8')
  const octal = (value: number, at: number, digits: number) =>
    write(value.toString(8).padStart(digits, '0'), at)
  const [prefix, name] = divided(path)
  write(name, 0)
  octal(isProgram ? 0o755 : 0o644, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(content.length, 124, 11)
  octal(0, 136, 11)
  write('0', 156)
  write('ustar\x0000', 257)
  write(prefix, 345)
  // The sum is taken with blanks in its own place.
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** A long path has its beginning in a field of its own. */
function divided(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= MAX_NAME) return ['', path]
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (Buffer.byteLength(name) > MAX_NAME) break
    if (Buffer.byteLength(prefix) <= MAX_PREFIX) return [prefix, name]
  }
  throw new RangeError(`this path is too long for the archive: ${path}`)
}
