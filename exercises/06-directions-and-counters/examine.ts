/**
 * How the grader looks at a record: not only whether it opens as it should, but how else it does, so that a student hears what was done
 * instead; and what can be done without a key.
 *
 * @module
 */
import { concat, EMPTY, open, type Secret, seal, utf8 } from 'symbolon/protocol'
import type { Keys } from './given.ts'

export const MESSAGE = 0x01
export const END = 0x05
export const TAG_BYTES = 16
/** The last one that there is. */
export const LAST_COUNT: number = 2 ** 32 - 1

const NONCE_BYTES = 12

/** The nonce with this count, as README.md has it; with a count of 5 bytes, what a longer counter would make. */
function nonceOf(count: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES)
  new DataView(nonce.buffer).setBigUint64(4, BigInt(count))
  return nonce
}

/** A record as the other side's program makes it. */
export function record(key: Secret, count: number, content: Uint8Array): Uint8Array {
  return seal(key.reveal(), nonceOf(count), EMPTY, content)
}

export const message = (text: string): Uint8Array => concat(Uint8Array.of(MESSAGE), utf8(text))
export const theEnd: Uint8Array = Uint8Array.of(END)

/** How a record could be opened, and what was in it. */
export interface Opened {
  readonly count: number
  readonly content: Uint8Array
  readonly sealed: Uint8Array
  readonly key: keyof Keys
  /** What was not as it should be; nothing where it was. */
  readonly wrong?: string | undefined
}

type Layout = readonly [wrong: string | undefined, nonce: (count: number) => Uint8Array]

const reversed = (count: number) => nonceOf(count).reverse()

function littleEndian(count: number, at: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES)
  new DataView(nonce.buffer).setUint32(at, count % 2 ** 32, true)
  return nonce
}

function inFront(count: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES)
  new DataView(nonce.buffer).setUint32(0, count % 2 ** 32)
  return nonce
}

const LAYOUTS: readonly Layout[] = [
  [undefined, nonceOf],
  ['the last byte of its count stands first (little-endian)', (count) => littleEndian(count, 8)],
  ["its count stands at byte 4 of the nonce, as in Noise's", (count) => littleEndian(count, 4)],
  ['its count stands at the front of the nonce', inFront],
  ['its nonce is written backwards', reversed],
]

/** Tries the right way first, then the likely wrong ones. */
export function openSomehow(
  sealed: Uint8Array,
  keys: Keys,
  key: keyof Keys,
  counts: readonly number[],
): Opened | undefined {
  const other = key === 'aliceToBob' ? 'bobToAlice' : 'aliceToBob'
  for (const used of [key, other] as const) {
    for (const [layout, nonce] of LAYOUTS) {
      for (const count of counts) {
        const tried = openWith(keys[used], nonce(count), sealed)
        if (tried) return { ...tried, count, key: used, wrong: tried.wrong ?? layout }
      }
    }
    const carried = sealed.subarray(0, NONCE_BYTES)
    const tried = openWith(keys[used], carried, sealed.subarray(NONCE_BYTES))
    if (tried) return { ...tried, count: -1, key: used, wrong: 'its nonce stands in front of it' }
  }
  return undefined
}

function openWith(key: Secret, nonce: Uint8Array, sealed: Uint8Array) {
  for (const [wrong, aad] of [
    [undefined, EMPTY],
    ['its nonce is also its associated data, and there should be none', nonce],
    ['its type is also its associated data, and there should be none', Uint8Array.of(MESSAGE)],
  ] as const) {
    try {
      return { content: open(key.reveal(), nonce, aad, sealed), sealed, wrong }
    } catch {
      // The next way, perhaps.
    }
  }
  return undefined
}

/**
 * What two records with one key and one nonce are worth: the same stream was added to both. The attacker who knows one text subtracts it, has
 * the stream, and reads the other.
 */
export function readWithoutKey(known: Opened, other: Opened): string | undefined {
  // Of the end there is nothing to read.
  if (other.content.length < 2) return undefined
  const read = other.content.map(
    (_, i) => (other.sealed[i] ?? 0) ^ (known.sealed[i] ?? 0) ^ (known.content[i] ?? 0),
  )
  const shown = (bytes: Uint8Array) => JSON.stringify(Buffer.from(bytes.subarray(1)).toString('utf8'))
  const length = Math.min(known.content.length, read.length)
  return `an attacker knows that one record says ${shown(known.content)}. XOR of the two records and this text gives what the other says, without a key: ${shown(read.subarray(0, length))}.`
}
