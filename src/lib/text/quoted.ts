/**
 * Text from others inside of ours: marked as theirs, on one line, and no more of it than a person reads.
 *
 * @module
 */
import { visible } from './visible.ts'

/** As much of it as is shown, in characters. */
const MAX_CHARACTERS = 200

/**
 * The text in double quotes, of which there are none inside: `"bob is not listening anywhere"`. What is too long ends with `…`; spaces,
 * with which a line could be filled up to its end, are one each.
 */
export function quoted(text: string): string {
  const shown = visible(bounded(text, MAX_CHARACTERS)).replace(/\s+/g, ' ').replaceAll('"', "'")
  return `"${bounded(shown, MAX_CHARACTERS)}"`
}

/** What a peer, or the KDC, said about an error: `the KDC says: "bob is not listening anywhere"`. */
export function says(who: string, text: string): string {
  return text === '' ? `${who} gives no reason` : `${who} says: ${quoted(text)}`
}

/** The beginning of a text, with `…` where it was cut. Looks at no more of it than it gives. */
export function bounded(text: string, characters: number): string {
  if (text.length <= characters) return text
  // No half of a character.
  return `${text.slice(0, characters - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
