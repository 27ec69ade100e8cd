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
  const digits = hexDigits(text)
  const letters = base64Letters(text)
  const numbers = (text.match(/\d+/g) ?? []).join()
  // `{"0":17,"1":4}`: what JSON makes of a Uint8Array, wherever the piece begins in it.
  const values = (text.match(/"?\d+"?:\s*\d+/g) ?? []).map((pair) => pair.replace(/^.*:\s*/, '')).join()
  const look = (piece: Buffer): string | undefined => {
    if (digits.includes(piece.toString('hex'))) return 'in hexadecimal'
    if (digits.includes(Buffer.from(piece).reverse().toString('hex'))) return 'in hexadecimal, backwards'
    if (base64Alignments(piece).some((part) => letters.includes(part))) return 'in base64'
    if (numbers.includes(piece.join()) || values.includes(piece.join())) return 'as numbers'
    return text.includes(piece.toString('latin1')) ? 'as characters' : undefined
  }
  return (secret) => {
    for (let start = 0; start + PIECE_BYTES <= secret.length; start++) {
      const how = look(Buffer.from(secret.subarray(start, start + PIECE_BYTES)))
      if (how) return how
    }
    return undefined
  }
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
  // `{"0":17,"1":4}`
  const values = (text.match(/"?\d+"?:\s*\d+/g) ?? []).map((pair) => pair.replace(/^.*:\s*/, ''))
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

/** In base64url so many letters have 24 bits, and in hexadecimal so many digits: of random ones next to none stands in a text by chance. */
const FEW = { letters: 4, digits: 6 }
/** Of secrets, before anything is said about them. */
const ENOUGH = 16

/**
 * Whether the text has a few letters, or digits, of most secrets, at the same place of each: in words, where they stand in the secret.
 * It finds what is too short to be told from chance when there is one secret only.
 */
export function piecesIn(text: string, secrets: readonly Uint8Array[]): string | undefined {
  if (text === '' || secrets.length < ENOUGH) return undefined
  const forms = [
    ['letters', secrets.map((secret) => Buffer.from(secret).toString('base64url'))],
    ['digits', secrets.map((secret) => Buffer.from(secret).toString('hex'))],
  ] as const
  for (const [form, all] of forms) {
    const length = FEW[form]
    const runs = new Set<string>()
    for (let i = 0; i + length <= text.length; i++) runs.add(text.slice(i, i + length))
    const [longest = ''] = all
    for (let at = 0; at + length <= longest.length; at++) {
      const pieces = new Set(all.map((secret) => secret.slice(at, at + length)))
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
