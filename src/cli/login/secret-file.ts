/** Files that hold secrets which a person would otherwise type, or settings that others could turn against their owner. */
import { readSmallFile } from '../../files/small-file.ts'
import { fromUtf8 } from '../../lib/bytes.ts'
import { isSystemError, systemReason } from '../../lib/system-errors.ts'
import { ToolError, UsageError } from '../errors.ts'

/** A password is the longest; a mark and a line end come on top. */
const MAX_LINE_BYTES = 4096
/** Of settings: passwords for some thousand accounts. */
const MAX_BYTES = 1024 * 1024

/**
 * Reads a secret: the first line.
 *
 * @param what - it is, for errors.
 * @throws FileError `file_not_private` when others can read the file; ToolError when we cannot; UsageError when it is not UTF-8.
 */
export function readSecretFile(path: string, what: string): string {
  const line = read(path, `the ${what} file ${path}`, `it holds the ${what} on its first line`, {
    maxBytes: MAX_LINE_BYTES,
    firstLine: true,
  })
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

/**
 * Reads all of such a file.
 *
 * @param hint - for who named the wrong one.
 * @throws as `readSecretFile`.
 */
function readPrivateText(path: string, hint: string): string {
  return read(path, path, hint, { maxBytes: MAX_BYTES })
}

/**
 * The same for a file that need not be there.
 *
 * @returns nothing when it is not. One that we cannot look for is not taken for missing.
 */
export function readPrivateTextIfAny(path: string, hint: string): string | undefined {
  try {
    return readPrivateText(path, hint)
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

function read(
  path: string,
  name: string,
  hint: string,
  options: Parameters<typeof readSmallFile>[1],
): string {
  let bytes: Buffer
  try {
    bytes = readSmallFile(path, options)
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    throw new ToolError(`cannot read ${name}: ${systemReason(cause.code)}`, { cause, hint })
  }
  return secretText(bytes, name)
}

const BOM = '\ufeff'
const UTF16_MARKS = ['fffe', 'feff']

/**
 * The text of a file with secrets in it, without the byte order mark by which some editors know UTF-8.
 *
 * @param what - it is, for errors: they quote nothing of it.
 * @throws UsageError when it is not UTF-8, or has NUL in it.
 */
function secretText(bytes: Uint8Array, what: string): string {
  const isMarked = UTF16_MARKS.includes(Buffer.from(bytes.subarray(0, 2)).toString('hex'))
  if (isMarked || bytes.includes(0)) {
    throw new UsageError(`${what} is not text in UTF-8; it looks like UTF-16`, 'save it anew, as UTF-8')
  }
  let text: string
  try {
    text = fromUtf8(bytes)
  } catch {
    // No cause: it goes nowhere near what it could not read.
    throw new UsageError(
      `${what} is not text in UTF-8`,
      'another encoding, such as Latin-1, is not told from the next one: save it anew, as UTF-8',
    )
  }
  return text.startsWith(BOM) ? text.slice(BOM.length) : text
}
