/**
 * The group as another program does it, the boxes as they should be, and what bob tries who was removed.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { concat, EMPTY, equal, hkdf, open, seal, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { standsIn } from '../examiner/leaks.ts'
import type { Commit, Member, Message } from './given.ts'

export const KEY_BYTES = 32
export const NONCE_BYTES = 12
/** Nonce, key and tag. */
export const KEY_BOX_BYTES = 60

export const commitLabel = (epoch: number, name: string): Uint8Array => utf8(`commit ${epoch} ${name}`)
export const messageLabel = (epoch: number, name: string): Uint8Array => utf8(`message ${epoch} ${name}`)

export function box(key: Uint8Array, aad: Uint8Array, content: Uint8Array): Uint8Array {
  const nonce = secureRandomBytes(NONCE_BYTES)
  return concat(nonce, seal(key, nonce, aad, content))
}

/** What is in a box, or nothing when it does not open. */
export function unbox(key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return open(key, sealed.subarray(0, NONCE_BYTES), aad, sealed.subarray(NONCE_BYTES))
  } catch {
    return undefined
  }
}

export function commitOf(
  epoch: number,
  key: Uint8Array,
  members: Readonly<Record<string, Uint8Array>>,
): Commit {
  const boxes = Object.entries(members).map(([name, pairKey]) => [
    name,
    box(pairKey, commitLabel(epoch, name), key),
  ])
  return { epoch, boxes: Object.fromEntries(boxes) }
}

export const messageOf = ({ name, epoch, key }: Member, text: string): Message => ({
  epoch,
  from: name,
  box: box(key, messageLabel(epoch, name), utf8(text)),
})

/** What likely stands in place of the aad. */
function wrongLabels(kind: 'commit' | 'message', epoch: number, name: string): [string, Uint8Array][] {
  return [
    ['empty', EMPTY],
    ['without the epoch', utf8(`${kind} ${name}`)],
    ['without the name', utf8(`${kind} ${epoch}`)],
    [`without the word "${kind}"`, utf8(`${epoch} ${name}`)],
    ['the name alone', utf8(name)],
    ['the epoch alone', utf8(String(epoch))],
    ['with the epoch before', utf8(`${kind} ${epoch - 1} ${name}`)],
    ['with name and epoch exchanged', utf8(`${kind} ${name} ${epoch}`)],
    ['that of the other kind of box', utf8(`${kind === 'commit' ? 'message' : 'commit'} ${epoch} ${name}`)],
  ]
}

type Keys = Readonly<Record<string, Uint8Array>>

/** How a box opens that does not open as it should. */
export function opensHow(
  sealed: Uint8Array,
  kind: 'commit' | 'message',
  epoch: number,
  name: string,
  keys: Keys,
): string | undefined {
  const right = utf8(`${kind} ${epoch} ${name}`)
  for (const [whose, key] of Object.entries(keys)) {
    for (const [what, label] of [['', right] as const, ...wrongLabels(kind, epoch, name)]) {
      if (unbox(key, label, sealed)) return `under ${whose}${what && `, with an aad that is ${what}`}`
      const front = concat(sealed.subarray(-NONCE_BYTES), sealed.subarray(0, -NONCE_BYTES))
      if (unbox(key, label, front)) return `with the nonce at its end, under ${whose}`
    }
  }
  return undefined
}

const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest())

/** What one may make of a key, without any other. */
export function guesses(key: Uint8Array, epoch: number): [string, Uint8Array][] {
  const infos = ['', 'next', 'epoch', 'next epoch', 'group', `epoch ${epoch}`, `${epoch}`, `commit ${epoch}`]
  const added = (by: number) => key.map((byte, i) => (i === key.length - 1 ? byte + by : byte))
  return [
    ['it is the key of before', key],
    ['it is the SHA-256 of the key of before', sha256(key)],
    ['it is the key of before, backwards', Uint8Array.from(key).reverse()],
    ['it is the key of before, plus one', added(1)],
    ['it is the key of before, minus one', added(-1)],
    ['every bit of the key of before is turned', key.map((byte) => byte ^ 0xff)],
    ...infos.map((info): [string, Uint8Array] => [
      `it is made of the key of before, with HKDF and the info ${JSON.stringify(info)}`,
      hkdf(key, EMPTY, info, KEY_BYTES),
    ]),
  ]
}

/** Everything in it that is bytes or text. */
function parts(value: unknown): (Uint8Array | string)[] {
  if (value instanceof Uint8Array || typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) => [name, ...parts(part)])
}

/** Whether the key, or a piece of it, is somewhere in the value. */
export function isKeptIn(value: unknown, key: Uint8Array): boolean {
  return parts(value).some((part) => standsIn(part, key) !== undefined)
}

/** The XOR of two boxes with one nonce and one key gives what the other says to one who knows the first. */
export function readWithoutKey(known: string, first: Message, second: Message): string {
  const stream = utf8(known).map((byte, i) => byte ^ (first.box[NONCE_BYTES + i] ?? 0))
  const ciphertext = second.box.subarray(NONCE_BYTES, -16).slice(0, stream.length)
  return Buffer.from(ciphertext.map((byte, i) => byte ^ (stream[i] ?? 0))).toString('utf8')
}

export const sameNonce = (a: Uint8Array, b: Uint8Array): boolean =>
  equal(a.subarray(0, NONCE_BYTES), b.subarray(0, NONCE_BYTES))
