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
  const digits = text.toLowerCase().replace(/0x|[^0-9a-f]/g, '')
  const letters = text
    .replace(/[^\w+/-]/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
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
