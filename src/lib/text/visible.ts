/**
 * Text from others, as people may see it: nothing in it is obeyed by a terminal, shown out of order, or not shown at all.
 */

// What is shown in no way, or moves what is shown: controls, format characters (bidi and the like), halves of characters, line and paragraph
// separators, and whatever Unicode lets a font leave out (Unicode Standard, §5.21: Default_Ignorable_Code_Point).
const HIDDEN = '[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]'

// Scripts in whose letters' shapes a joiner shows (RFC 5892, appendix A); harakat belong to all of them.
const LETTER = [
  ...['Arab', 'Syrc', 'Nkoo', 'Mong', 'Mand', 'Adlm', 'Rohg', 'Phag'],
  ...['Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu', 'Knda', 'Mlym', 'Sinh', 'Mymr', 'Khmr', 'Tibt'],
].reduce((all, script) => `${all}\\p{Script=${script}}`, '\\u064b-\\u0655\\u0670')

/** Of these, what is part of something that is seen, where it stands. */
const SEEN = [
  // Before a number (Prepended_Concatenation_Mark).
  '[\\u0600-\\u0605\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u{110bd}\\u{110cd}]',
  // In an emoji (UTS #51, §1.4.9): of two forms, in a sequence, in a keycap, in a flag.
  '[\\ufe0e\\ufe0f](?<=\\p{Extended_Pictographic}.)',
  '\\u200d(?<=\\p{Extended_Pictographic}[\\ufe0e\\ufe0f\\p{Emoji_Modifier}]?.)(?=\\p{Extended_Pictographic})',
  '\\ufe0f(?<=[#*0-9].)(?=\\u20e3)',
  '[\\u{e0061}-\\u{e007a}](?<=\\u{1f3f4}[\\u{e0061}-\\u{e007a}]{1,5})(?=[\\u{e0061}-\\u{e007a}]{0,4}\\u{e007f})',
  '\\u{e007f}(?<=\\u{1f3f4}[\\u{e0061}-\\u{e007a}]{4,5}.)',
  // Between two letters.
  `[\\u200c\\u200d](?<=(?!${HIDDEN})[${LETTER}].)(?=(?!${HIDDEN})[${LETTER}])`,
  // One that chooses the form of one character (UTS #37).
  '[\\u{e0100}-\\u{e01ef}](?<=\\p{Unified_Ideograph}.)',
  '[\\u180b-\\u180d\\u180f](?<=(?!\\p{Default_Ignorable_Code_Point})\\p{Script=Mong}.)',
]

/** Most text: looked at quickly. */
const PLAIN = /^[ -~]*$/
// Made when a text first needs it: to make it takes as long as all else here.
let unseen: RegExp | undefined

/**
 * Replaces each character that would not be seen, or would be obeyed. What makes up an emoji, or shapes the letters of a script that
 * needs it, stays.
 */
export function replaceUnseen(text: string, replace: (character: string) => string): string {
  if (PLAIN.test(text)) return text
  unseen ??= new RegExp(`(?!${SEEN.join('|')})${HIDDEN}`, 'gu')
  return text.replace(unseen, replace)
}

/**
 * Makes text from others safe to print on one line: control, bidi and invisible characters are shown as `\x1b` or `\u{202e}`, not
 * obeyed. A backslash of theirs is left alone: this is for eyes, not for parsing back.
 */
export function visible(text: string): string {
  return replaceUnseen(text, (character) => {
    if (character === '\t') return '    '
    const point = character.codePointAt(0) ?? 0
    return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`
  })
}

/** A line of JSON made as safe as `visible` makes text, so that it parses to the same as before. */
export function visibleJson(line: string): string {
  return replaceUnseen(line, (character) =>
    // UTF-16 code units, as JSON has them.
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/** As much as is shown of a text inside of ours, in characters: no more than a person reads. */
const MAX_QUOTED_CHARACTERS = 200

/**
 * The text in double quotes, of which there are none inside: `"bob is not listening anywhere"`. What is too long ends with `…`; spaces,
 * with which a line could be filled up to its end, are one each.
 */
export function quoted(text: string): string {
  const shown = visible(bounded(text, MAX_QUOTED_CHARACTERS)).replace(/\s+/g, ' ').replaceAll('"', "'")
  return `"${bounded(shown, MAX_QUOTED_CHARACTERS)}"`
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
