/** Names for files from others, good on every system: nothing in one is a path, an option, a device, hidden, or obeyed by a terminal. */
import { replaceUnseen } from '../lib/text/visible.ts'

/** Longest name of a file on ext4, APFS and NTFS; the last two count UTF-16 units, of which there are never more. */
export const MAX_NAME_BYTES = 255
/** What follows the last dot is kept when a name is cut, up to so many bytes, dot included. */
const MAX_EXTENSION_BYTES = 32

// What Windows does not allow in names; its ":" begins a stream that no listing shows.
const UNWANTED = /[<>:"|?*]/g
// Spaces, and characters that are as empty: of Braille, of music, of hieroglyphs.
const BLANK = /[\p{Zs}\u2800\u{1d159}\u{13441}\u{13442}]/gu

// Windows takes these for devices whatever follows the first dot, and ignores spaces before it:
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[\d¹²³])\s*(\.|$)/i

/**
 * A name under which a file can be kept here, from the one that its sender gave: the last part of it, without what is unwanted.
 *
 * @returns 1 to 255 bytes of UTF-8 in Unicode's form NFC, with the sender's extension; `file` where nothing is left.
 */
export function safeName(given: string): string {
  const base = given.normalize('NFC').split(/[/\\]/).at(-1) ?? ''
  const clean = replaceUnseen(base, () => '_')
    .replace(UNWANTED, '_')
    .replace(BLANK, ' ')
  const shown = clean.replace(/^[. ]+/, '').replace(/^[-~]/, '_')
  const name = fitted(shown.replace(/[. ]+$/, ''), '')
  return DEVICE.test(name) ? fitted(`_${name}`, '') : name
}

/** The nth of the names to try: `report.pdf`, `report (2).pdf`, `report (3).pdf` … */
export function numberedBy(name: string, n: number): string {
  return n === 1 ? name : fitted(name, ` (${n})`)
}

/** The name with a mark before its extension, cut before the mark to what a name may have. */
function fitted(name: string, mark: string): string {
  const extension = extensionOf(name)
  const room = MAX_NAME_BYTES - Buffer.byteLength(mark + extension)
  const stem = cut(name.slice(0, name.length - extension.length), room)
  return `${stem === '' ? 'file' : stem}${mark}${extension}`
}

function extensionOf(name: string): string {
  const extension = /(?<=.)\.[^. ]+$/u.exec(name)?.[0] ?? ''
  return Buffer.byteLength(extension) > MAX_EXTENSION_BYTES ? '' : extension
}

// Whole characters only.
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  let kept = ''
  let length = 0
  for (const character of text) {
    length += Buffer.byteLength(character)
    if (length > bytes) break
    kept += character
  }
  // Nor half of what only a sequence shows, such as a joiner at the end.
  return replaceUnseen(kept, () => '').replace(/[. ]+$/u, '')
}
