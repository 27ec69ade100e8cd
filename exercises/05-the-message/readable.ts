/**
 * Where something can be read although nobody should be able to: as it is, or dressed in one of the usual ways.
 *
 * @module
 */
import { contains } from '../examiner/property.ts'

/** What is shorter turns up by chance. */
const MIN_BYTES = 6

const latin1 = (text: string) => Buffer.from(text, 'latin1')

/** How the wanted bytes stand among the others: 'as it is', 'in base64', …; nothing when they do not. */
export function readable(bytes: Uint8Array, wanted: Uint8Array): string | undefined {
  if (wanted.length < MIN_BYTES) return undefined
  const lowerCase = latin1(Buffer.from(bytes).toString('latin1').toLowerCase())
  const hex = Buffer.from(wanted).toString('hex')
  const found: [string, boolean][] = [
    ['as it is', contains(bytes, wanted)],
    ['backwards', contains(bytes, wanted.toReversed())],
    ['in hex', contains(lowerCase, latin1(hex))],
    ['in base64', base64s(wanted).some((text) => contains(bytes, latin1(text)))],
    ['in UTF-16', contains(bytes, Buffer.from(Buffer.from(wanted).toString(), 'utf16le'))],
    ['with every byte changed in the same way (XOR)', contains(steps(bytes, xor), steps(wanted, xor))],
    ['with every byte moved by the same number', contains(steps(bytes, minus), steps(wanted, minus))],
  ]
  return found.find(([, isSo]) => isSo)?.[0]
}

/** What is in the middle of the base64 of any bytes that have these in them, in either alphabet. */
function base64s(wanted: Uint8Array): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), wanted]).toString('base64')
    const middle = text.slice([0, 2, 3][before], Math.floor(((before + wanted.length) * 8) / 6))
    return [middle, middle.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

const xor = (a: number, b: number) => a ^ b
const minus = (a: number, b: number) => (a - b) & 0xff

/** From each byte to the next: the same, whatever one byte was combined with all of them. */
function steps(bytes: Uint8Array, step: (a: number, b: number) => number): Uint8Array {
  return bytes.subarray(1).map((byte, i) => step(byte, bytes[i] as number))
}
