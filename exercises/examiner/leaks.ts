/**
 * Secrets in text: in the alphabets in which programs write bytes, whole or a piece of 8 bytes.
 *
 * @module
 */

const PIECE_BYTES = 8

/** How the bytes, or a piece of them, stand in the text, such as 'in hexadecimal'; nothing when they do not. */
export function standsIn(text: string, bytes: Uint8Array): string | undefined {
  for (let start = 0; start + PIECE_BYTES <= bytes.length; start += PIECE_BYTES) {
    const how = pieceStandsIn(text, bytes.subarray(start, start + PIECE_BYTES))
    if (how) return how
  }
  return undefined
}

function pieceStandsIn(text: string, piece: Uint8Array): string | undefined {
  const buffer = Buffer.from(piece)
  const digits = text.toLowerCase().replace(/0x|[^0-9a-f]/g, '')
  if (digits.includes(buffer.toString('hex'))) return 'in hexadecimal'
  if (digits.includes(Buffer.from(piece).reverse().toString('hex'))) return 'in hexadecimal, backwards'
  const letters = text
    .replace(/[^\w+/-]/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
  if (base64Alignments(buffer).some((part) => letters.includes(part))) return 'in base64'
  const numbers = (text.match(/\d+/g) ?? []).join()
  if (numbers.includes(piece.join())) return 'as numbers'
  // `{"0":17,"1":4}`: what JSON makes of a Uint8Array, wherever the piece begins in it.
  const values = (text.match(/"?\d+"?:\s*\d+/g) ?? []).map((pair) => pair.replace(/^.*:\s*/, '')).join()
  if (values.includes(piece.join())) return 'as numbers'
  if (text.includes(buffer.toString('latin1'))) return 'as characters'
  return undefined
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
