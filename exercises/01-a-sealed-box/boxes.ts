/**
 * The student's boxes, as the grader makes and opens them.
 *
 * @module
 */
import { EMPTY, equal, Secret, secureRandomBytes, utf8 } from 'symbolon/protocol'
import { attempt, refusal } from '../examiner/attempt.ts'
import { type Returned, StudentError, type StudentProgram } from '../examiner/program.ts'
import { must } from '../examiner/property.ts'
import { Randomness } from '../examiner/values.ts'
import { bobsBox, NONCE_BYTES, type Opened, openSomehow, readWithoutKey, TAG_BYTES } from './examine.ts'

/** More than any box needs. */
export const POOL_BYTES = 1024
export const OVERHEAD = NONCE_BYTES + TAG_BYTES
export const LABEL = 'For Bob, café, 20 November'
export const MEET = 'meet me at 5 by the fountain'
export const MAT = 'the key is under the flower pot'

export const freshKey = () => new Secret('channel secret', secureRandomBytes(32))
export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
export const shown = (text: string) => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** The student's two functions, and what they threw so far. */
export class Boxes {
  readonly #program: StudentProgram
  readonly key: Secret = freshKey()
  readonly errors: StudentError[] = []

  constructor(program: StudentProgram) {
    this.#program = program
  }

  get printed(): string {
    return this.#program.printed
  }

  async make(
    text: string,
    { label = LABEL, key = this.key, random = new Randomness(secureRandomBytes(POOL_BYTES)) } = {},
  ): Promise<Uint8Array> {
    return mustBeBox(await this.#program.returned('makeBox', text, label, key, random))
  }

  /** A box, opened in whatever way it opens: what later properties look into. */
  async made(
    text: string,
    options: { label?: string; key?: Secret; random?: Randomness } = {},
  ): Promise<Opened> {
    const { label = LABEL, key = this.key } = options
    return mustOpen(await this.make(text, options), label, key)
  }

  /** The same, one for each of these sources of randomness. */
  async madeOf(randoms: readonly Randomness[], text: string): Promise<Opened[]> {
    const came = await this.#program.each(
      'makeBox',
      randoms.map((random) => [text, LABEL, this.key, random]),
    )
    return came.map((one) => {
      if (one instanceof StudentError) throw one
      return mustOpen(mustBeBox(one), LABEL, this.key)
    })
  }

  async open(box: Uint8Array, { label = LABEL, key = this.key } = {}): Promise<unknown> {
    return opened(await this.#program.returned('openBox', box, label, key))
  }

  /** What openBox gave, or nothing when it threw, as it should. */
  async refused(
    box: Uint8Array,
    options: { label?: string; key?: Secret } = {},
  ): Promise<{ gave: unknown } | undefined> {
    const outcome = await attempt(this.open(box, options))
    if ('gave' in outcome) return outcome
    this.errors.push(outcome.error)
    return undefined
  }

  /** The same of many. */
  async allRefused(boxes: readonly Uint8Array[]): Promise<({ gave: unknown } | undefined)[]> {
    const came = await this.#program.each(
      'openBox',
      boxes.map((box) => [box, LABEL, this.key]),
    )
    return came.map((one) => {
      if (!(one instanceof StudentError)) return { gave: opened(one) }
      this.errors.push(refusal(one).error)
      return undefined
    })
  }

  /** A box of bob's that this program opens: where it does not take the label as associated data, another property says so. */
  async bobs(text: string, { label = LABEL, key = this.key } = {}): Promise<Uint8Array> {
    const nonce = secureRandomBytes(NONCE_BYTES)
    const right = bobsBox(utf8(text), utf8(label), key.reveal(), nonce)
    if (await this.refused(right, { label, key })) return right
    this.errors.pop()
    for (const aad of [EMPTY, utf8(label.toLowerCase()), utf8(label.trim())]) {
      const other = bobsBox(utf8(text), aad, key.reveal(), nonce)
      if (await this.refused(other, { label, key })) return other
      this.errors.pop()
    }
    return right
  }

  /** Starts the program anew. */
  restart(): Promise<void> {
    return this.#program.end()
  }
}

function mustBeBox({ value, async }: Returned): Uint8Array {
  must(!async, 'makeBox returned a promise: nothing in it needs async.')
  must(
    value instanceof Uint8Array,
    `makeBox returned ${value === null ? 'null' : typeof value}, not bytes (a Uint8Array).`,
  )
  return value
}

function mustOpen(box: Uint8Array, label: string, key: Secret): Opened {
  const opened = openSomehow(box, label, key.reveal())
  must(opened, 'it cannot be told before bob can open the box.')
  return opened
}

function opened({ value, async }: Returned): unknown {
  must(!async, 'openBox returned a promise: nothing in it needs async.')
  return value
}

export const labelled = (label: string) => (label ? `the label ${shown(label)}` : 'no label')

export function gaveText(gave: unknown): string {
  if (gave === '') return 'the empty text (and an empty text is a message too)'
  return typeof gave === 'string' ? shown(gave) : String(gave)
}

/** A box that bob could make: what is in it is no text. */
export async function notText(boxes: Boxes): Promise<Uint8Array> {
  return bobsBox(
    Uint8Array.of(0x68, 0x69, 0xff, 0xfe),
    utf8(LABEL),
    boxes.key.reveal(),
    secureRandomBytes(NONCE_BYTES),
  )
}

/** In which part of a box a byte is. */
export function place(index: number, length: number): [string, number] {
  if (index < NONCE_BYTES) return ['nonce', index]
  return [index < length - TAG_BYTES ? 'ciphertext' : 'tag', index]
}

export function whatItIsWorth(before: Opened, box: Opened): string {
  if (!equal(before.plaintext, box.plaintext)) return readWithoutKey(before, box)
  return 'the courier has no key, holds the two boxes side by side, and knows that the same was said twice.'
}

/** How soon a nonce comes twice. */
export async function firstTwice(boxes: Boxes): Promise<string | undefined> {
  const seen = new Map<string, Opened>()
  for (let i = 1; i <= 300; i++) {
    const box = await boxes.made(i % 2 ? MEET : MAT)
    const before = seen.get(hex(box.nonce))
    if (before && !equal(before.plaintext, box.plaintext)) {
      return `box ${i} had the nonce of one before. ${readWithoutKey(before, box)}`
    }
    if (!before) seen.set(hex(box.nonce), box)
  }
  return undefined
}
