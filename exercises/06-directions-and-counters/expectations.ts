/**
 * What several properties expect of a conversation, and what they say in it.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import { equal, utf8 } from 'symbolon/protocol'
import { must } from '../examiner/property.ts'
import { LAST_COUNT, message, type Opened, openSomehow, record } from './examine.ts'
import type { Keys } from './given.ts'
import type { Conversation, Opening } from './people.ts'

export const PAY = 'pay 100 to carol'
export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
export const upTo = (length: number, first = 0) => Array.from({ length }, (_, i) => first + i)
/** Where a counter of one, two or four bytes, or one that is lost, may stand. */
export const LIKELY_COUNTS = [...upTo(40), ...upTo(6, 254), ...upTo(6, 65_534), ...upTo(8, LAST_COUNT - 3)]

/** A record as it was sealed, in whatever way that was. */
export function opened(sealed: Uint8Array, keys: Keys, key: keyof Keys, what: string): Opened {
  const found = openSomehow(sealed, keys, key, LIKELY_COUNTS)
  must(
    found,
    `${what} is ${sealed.length} bytes, ${hex(sealed.subarray(0, 8))}…, and does not open: neither with the one key nor the other, not with any count up to 39, and not with one of the likely mistakes.`,
  )
  return found
}

/** What stands in a record that should be a message. */
export function mustSay({ content }: Opened, text: string, what: string): void {
  must(
    !equal(content, utf8(text)),
    `${what} holds the text alone: the byte 0x01 in front, its type, is missing.`,
  )
  must(
    equal(content, message(text)),
    `${what} holds ${hex(content)}, and should hold ${hex(message(text))}: 01, then the text.`,
  )
}

/** An opener of bob's that has read these texts of alice's. */
export async function bobHas(conversation: Conversation, keys: Keys, ...texts: string[]): Promise<Opening> {
  const bob = await conversation.opener(keys, 'bob')
  for (const [i, text] of texts.entries()) await bob.open(alices(keys, i, text))
  return bob
}

/** What alice's program, not the student's, says. */
export const alices = (keys: Keys, count: number, text: string) =>
  record(keys.aliceToBob, count, message(text))

/** A permutation that is not the right order. */
export function shuffled(length: number): number[] {
  const order = upTo(length)
  for (let i = length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    const [a = 0, b = 0] = [order[i], order[j]]
    order[i] = b
    order[j] = a
  }
  return order.every((count, i) => count === i) ? shuffled(length) : order
}
