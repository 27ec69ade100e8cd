/**
 * How the grader looks at a box: not only whether it opens as it should, but how else it does, so that a student hears what was done
 * instead; and what a courier can do without the key.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { concat, EMPTY, open, seal, utf8 } from 'symbolon/protocol'

export const NONCE_BYTES = 12
export const TAG_BYTES = 16

/** How a box could be opened, and what was in it. */
export interface Opened {
  readonly nonce: Uint8Array
  /** The ciphertext, without the tag. */
  readonly ciphertext: Uint8Array
  readonly plaintext: Uint8Array
  /** What was not as it should be; nothing where it was. */
  readonly wrongLayout?: string | undefined
  readonly wrongKey?: string | undefined
  readonly wrongAad?: string | undefined
}

/** Tries the right way first, then the likely wrong ones. */
export function openSomehow(box: Uint8Array, label: string, key: Uint8Array): Opened | undefined {
  for (const [wrongLayout, nonce, sealed] of layouts(box)) {
    for (const [wrongKey, tried] of keys(key)) {
      for (const [wrongAad, aad] of associatedData(label)) {
        const plaintext = tryOpen(tried, nonce, aad, sealed)
        if (!plaintext) continue
        const ciphertext = sealed.subarray(0, -TAG_BYTES)
        return { nonce, ciphertext, plaintext, wrongLayout, wrongKey, wrongAad }
      }
    }
  }
  return undefined
}

function layouts(box: Uint8Array): [string | undefined, Uint8Array, Uint8Array][] {
  const [nonce, rest] = [box.subarray(0, NONCE_BYTES), box.subarray(NONCE_BYTES)]
  const [tag, ciphertext] = [rest.subarray(0, TAG_BYTES), rest.subarray(TAG_BYTES)]
  const none = new Uint8Array(NONCE_BYTES)
  return [
    [undefined, nonce, rest],
    ['its nonce stands at its end', box.subarray(-NONCE_BYTES), box.subarray(0, -NONCE_BYTES)],
    ['its tag stands before the ciphertext', nonce, concat(ciphertext, tag)],
    [
      'its tag stands at its very front',
      box.subarray(TAG_BYTES, TAG_BYTES + NONCE_BYTES),
      concat(box.subarray(TAG_BYTES + NONCE_BYTES), box.subarray(0, TAG_BYTES)),
    ],
    ['it was sealed with a nonce of zeros, and another stands in front', none, rest],
  ]
}

function keys(key: Uint8Array): [string | undefined, Uint8Array][] {
  return [
    [undefined, key],
    ['the SHA-256 of the key', createHash('sha256').update(key).digest()],
    ['the first half of the key twice', concat(key.subarray(0, 16), key.subarray(0, 16))],
    ['32 zero bytes', new Uint8Array(32)],
  ]
}

function associatedData(label: string): [string | undefined, Uint8Array][] {
  return [
    [undefined, utf8(label)],
    ['nothing', EMPTY],
    ['the label in small letters', utf8(label.toLowerCase())],
    ['the label without the spaces around it', utf8(label.trim())],
    ['the label in Latin-1', Buffer.from(label, 'latin1')],
    ['the label in UTF-16', Buffer.from(label, 'utf16le')],
    ['the label in normalisation form C', utf8(label.normalize('NFC'))],
    ['the length of the label', utf8(String(label.length))],
    ['the word "label"', utf8('label')],
  ]
}

function tryOpen(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array) {
  try {
    return open(key, nonce, aad, sealed)
  } catch {
    return undefined
  }
}

/** A box as bob's program makes it. */
export function bobsBox(plaintext: Uint8Array, aad: Uint8Array, key: Uint8Array, nonce: Uint8Array) {
  return concat(nonce, seal(key, nonce, aad, plaintext))
}

/**
 * What two boxes with one key and one nonce are worth: the same stream was added to both texts. Who knows one text subtracts it, and has
 * the stream, and reads the other.
 */
export function readWithoutKey(known: Opened, other: Opened): string {
  const read = other.ciphertext.map(
    (byte, i) => byte ^ (known.ciphertext[i] ?? 0) ^ (known.plaintext[i] ?? 0),
  )
  const length = Math.min(known.plaintext.length, read.length)
  const text = Buffer.from(read.subarray(0, length)).toString('utf8')
  const knownText = Buffer.from(known.plaintext).toString('utf8')
  return `the courier knows that one box says "${knownText}". XOR of the two boxes and this text gives what the other says, without any key: "${text}".`
}
