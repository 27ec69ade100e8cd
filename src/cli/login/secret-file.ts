/**
 * Files that hold secrets which a person would otherwise type, or settings that others could turn against their owner.
 *
 * @module
 */
import { readSmallFile } from '../../files/small-file.ts'
import { isSystemError, systemReason } from '../../lib/system-errors.ts'
import { ToolError } from '../errors.ts'
import { secretText } from './secret-text.ts'

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
