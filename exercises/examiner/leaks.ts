/**
 * Secrets in text, or among other bytes: in the alphabets in which programs write bytes, whole or a piece of 8 bytes.
 *
 * @module
 */

const PIECE_BYTES = 8

/** How the secret, or a piece of it, stands there, such as 'in hexadecimal'; nothing when it does not. */
export function standsIn(where: string | Uint8Array, secret: Uint8Array): string | undefined {
  return searchOf(typeof where === 'string' ? where : Buffer.from(where).toString('latin1'))(secret)
}

/** The same, for many secrets in one text. */
export function searchOf(text: string): (secret: Uint8Array) => string | undefined {
  if (text.length < PIECE_BYTES) return () => undefined
  const digits = piecesOf(hexDigits(text), 2 * PIECE_BYTES)
  const letters = piecesOf(base64Letters(text), BASE64_CHARS)
  const characters = piecesOf(text, PIECE_BYTES)
  const numbers = text.match(/\d+/g) ?? []
  const values = valuesIn(text)
  const lists = [numbers, values].filter(({ length }) => length >= PIECE_BYTES).map((list) => list.join())
  return (secret) => {
    const bytes = Buffer.from(secret)
    const hex = bytes.toString('hex')
    const backwards = Buffer.from(secret).reverse().toString('hex')
    // Wherever it begins in a longer text.
    const base64 = [0, 1, 2].map((before) =>
      Buffer.concat([Buffer.alloc(before), bytes])
        .toString('base64')
        .replace(/=+$/, ''),
    )
    const latin1 = bytes.toString('latin1')
    for (let start = 0, end = PIECE_BYTES; end <= bytes.length; start++, end++) {
      if (digits.has(hex.slice(2 * start, 2 * end))) return 'in hexadecimal'
      const rest = bytes.length - end
      if (digits.has(backwards.slice(2 * rest, 2 * (rest + PIECE_BYTES)))) return 'in hexadecimal, backwards'
      const places = base64.map((coded, before) =>
        coded.slice(Math.ceil((4 * (before + start)) / 3), Math.floor((4 * (before + end)) / 3)),
      )
      if (places.some((place) => letters.has(place))) return 'in base64'
      if (lists.length > 0) {
        const piece = bytes.subarray(start, end).join()
        if (lists.some((list) => list.includes(piece))) return 'as numbers'
      }
      if (characters.has(latin1.slice(start, end))) return 'as characters'
    }
    return undefined
  }
}

/** What of 8 bytes is the same in base64, wherever they begin. */
const BASE64_CHARS = 10
/** Of a longer text there are too many pieces to be held. */
const MAX_TEXT_CHARS = 4 * 1024

function piecesOf(text: string, length: number): { has(piece: string): boolean } {
  if (text.length > MAX_TEXT_CHARS) return { has: (piece) => text.includes(piece) }
  const starts = Math.max(0, text.length - length + 1)
  return new Set(Array.from({ length: starts }, (_, i) => text.slice(i, i + length)))
}

/** Each of them once, by its text: errors say the same again and again. */
export function different<T>(all: readonly T[], textOf: (one: T) => string): Iterable<T> {
  return new Map(all.map((one) => [textOf(one), one])).values()
}

/**
 * Which of many secrets stands in a text that may be long, and how: it is read through once for all of them.
 *
 * @param secrets - no key that is all zeros, or the like: such text may stand there for another reason.
 */
export function firstIn<S extends { readonly bytes: Uint8Array }>(
  text: string,
  secrets: readonly S[],
): { readonly secret: S; readonly how: string } | undefined {
  if (text === '') return undefined
  const forms = { hex: new Map<string, S>(), base64: new Map<string, S>(), numbers: new Map<string, S>() }
  const characters = new Map<string, S>()
  for (const secret of secrets) {
    for (let start = 0; start + PIECE_BYTES <= secret.bytes.length; start += PIECE_BYTES) {
      const piece = Buffer.from(secret.bytes.subarray(start, start + PIECE_BYTES))
      forms.hex.set(piece.toString('hex'), secret).set(Buffer.from(piece).reverse().toString('hex'), secret)
      for (const part of base64Alignments(piece)) forms.base64.set(part, secret)
      forms.numbers.set(piece.join(), secret)
      characters.set(piece.toString('latin1'), secret)
    }
  }
  const numbers: string[] = text.match(/\d+/g) ?? []
  const values = valuesIn(text)
  const found =
    slid(hexDigits(text), forms.hex, 'in hexadecimal') ??
    slid(base64Letters(text), forms.base64, 'in base64') ??
    slid(text, characters, 'as characters')
  if (found) return found
  for (const list of [numbers, values]) {
    for (let i = 0; i + PIECE_BYTES <= list.length; i++) {
      const secret = forms.numbers.get(list.slice(i, i + PIECE_BYTES).join())
      if (secret) return { secret, how: 'as numbers' }
    }
  }
  return undefined
}

/** So many letters of base64url, digits of hexadecimal, or numbers have 24 bits: of random ones next to none stands in a text by chance. */
const FEW = { letters: 4, digits: 6, numbers: 3 }
/** Of secrets, before anything is said about them. */
const ENOUGH = 16

/**
 * Whether the text has a few letters, digits, or numbers of most secrets, at the same place of each: in words, where they stand in the secret.
 * It finds what is too short to be told from chance when there is one secret only.
 */
export function piecesIn(text: string, secrets: readonly Uint8Array[]): string | undefined {
  if (text === '' || secrets.length < ENOUGH) return undefined
  const letters = [...text.replaceAll('+', '-').replaceAll('/', '_')]
  // Two digits for a byte, whatever parts them.
  const digits = [
    ...text.toLowerCase().replace(/(?<=[0-9a-f]{2})[^0-9a-z]+(?:0x)?(?=[0-9a-f]{2}(?![0-9a-f]))/g, ''),
  ]
  const hex = [...text.toLowerCase()]
  const forms: [keyof typeof FEW, string[], string[][]][] = [
    ['letters', letters, secrets.map((secret) => [...Buffer.from(secret).toString('base64url')])],
    ['digits', digits, secrets.map((secret) => [...Buffer.from(secret).toString('hex')])],
    ['digits', hex, secrets.map((secret) => [...Buffer.from(secret).toString('hex')])],
    ['numbers', text.match(/\d+/g) ?? [], secrets.map((secret) => Array.from(secret, String))],
  ]
  for (const [form, all, ofSecrets] of forms) {
    const length = FEW[form]
    const pieceAt = (of: readonly string[], at: number) => of.slice(at, at + length).join()
    const runs = new Set<string>()
    for (let i = 0; i + length <= all.length; i++) runs.add(pieceAt(all, i))
    const [longest = []] = ofSecrets
    for (let at = 0; at + length <= longest.length; at++) {
      const pieces = new Set(ofSecrets.map((secret) => pieceAt(secret, at)))
      const found = [...pieces].filter((piece) => runs.has(piece)).length
      if (pieces.size >= ENOUGH && 2 * found >= pieces.size) return `${form} ${at + 1} to ${at + length}`
    }
  }
  return undefined
}

/** The first of the pieces that stands in the text; they have one length. */
function slid<S>(
  text: string,
  pieces: ReadonlyMap<string, S>,
  how: string,
): { secret: S; how: string } | undefined {
  const [length = text.length + 1] = [...pieces.keys()].map((piece) => piece.length)
  for (let i = 0; i + length <= text.length; i++) {
    const secret = pieces.get(text.slice(i, i + length))
    if (secret !== undefined) return { secret, how }
  }
  return undefined
}

/** Of `{"0":17,"1":4}`, what JSON makes of a Uint8Array, wherever a piece begins in it. A long row of digits is gone through once. */
const valuesIn = (text: string) =>
  (text.match(/(?<!\d)\d+"?:\s*\d+/g) ?? []).map((pair) => pair.replace(/^.*:\s*/, ''))

const hexDigits = (text: string) => text.toLowerCase().replace(/0x|[^0-9a-f]/g, '')

const base64Letters = (text: string) =>
  text
    .replace(/[^\w+/-]/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')

/** What of the bytes is the same in base64 wherever they begin in a longer text. */
function base64Alignments(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const end = (before + bytes.length) % 3 === 0 ? text.length : text.length - 1
    return text.slice(before === 0 ? 0 : before + 1, end)
  })
}
