/**
 * Secrets as text: UTF-8 and nothing else. What is not would be taken for U+FFFD, each byte alike, and one password do for another.
 *
 * @module
 */
import { fromUtf8 } from '../../lib/bytes.ts'
import { UsageError } from '../errors.ts'

const BOM = '\ufeff'
const UTF16_MARKS = ['fffe', 'feff']

/**
 * The text of a file with secrets in it, without the byte order mark by which some editors know UTF-8.
 *
 * @param what - it is, for errors: they quote nothing of it.
 * @throws UsageError when it is not UTF-8, or has NUL in it.
 */
export function secretText(bytes: Uint8Array, what: string): string {
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
