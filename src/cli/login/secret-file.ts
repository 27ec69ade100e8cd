/** Files that hold secrets which a person would otherwise type, or settings that others could turn against their owner. */
import { rmSync } from 'node:fs'
import { replacePrivateFile } from '../../files/private-files.ts'
import { readSmallFile, type SmallFileOptions } from '../../files/small-file.ts'
import { fromUtf8 } from '../../lib/bytes.ts'
import { isSystemError, systemReason } from '../../lib/system-errors.ts'
import { ToolError, UsageError } from '../errors.ts'

/** A password is the longest; a mark and a line end come on top. */
const MAX_LINE_BYTES = 4096
/** Of settings: passwords for some thousand accounts. */
const MAX_BYTES = 1024 * 1024

/** Reads a secret, the first line of a file. @param what - it is, for errors. @throws FileError `file_not_private`, ToolError, UsageError. */
export function readSecretFile(path: string, what: string): string {
  const options = { maxBytes: MAX_LINE_BYTES, firstLine: true }
  const hint = `it holds the ${what} on its first line`
  return readText(path, `the ${what} file ${path}`, hint, options).replace(/\r$/, '')
}

/** All of such a file; nothing when it is not there. One that we cannot look for is not taken for missing. */
export function readPrivateTextIfAny(path: string, hint: string): string | undefined {
  try {
    return readText(path, path, hint, { maxBytes: MAX_BYTES })
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/** Writes such a file anew, in one step; without content it is removed. */
export function replacePrivateText(path: string, text: string): void {
  if (text === '') rmSync(path, { force: true })
  else replacePrivateFile(path, text)
}

function readText(path: string, name: string, hint: string, options: SmallFileOptions): string {
  try {
    return textOf(readSmallFile(path, options), name)
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    throw new ToolError(`cannot read ${name}: ${systemReason(cause.code)}`, { cause, hint })
  }
}

const BOM = '\ufeff'
const UTF16_MARKS = ['fffe', 'feff']

/** Without the byte order mark by which some editors know UTF-8. Errors quote nothing of it, nor does a cause. */
function textOf(bytes: Uint8Array, name: string): string {
  const isMarked = UTF16_MARKS.includes(Buffer.from(bytes.subarray(0, 2)).toString('hex'))
  if (isMarked || bytes.includes(0)) {
    throw new UsageError(`${name} is not text in UTF-8; it looks like UTF-16`, 'save it anew, as UTF-8')
  }
  try {
    const text = fromUtf8(bytes)
    return text.startsWith(BOM) ? text.slice(BOM.length) : text
  } catch {
    throw new UsageError(
      `${name} is not text in UTF-8`,
      'another encoding, such as Latin-1, is not told from the next one: save it anew, as UTF-8',
    )
  }
}
