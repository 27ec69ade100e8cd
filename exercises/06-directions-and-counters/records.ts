/**
 * Exercise 06: records in two directions, counted. README.md beside this file tells the steps.
 *
 * @module
 */
// import { concat, EMPTY, fromUtf8, open, seal, utf8 } from 'symbolon/protocol'
import type { Keys, Opener, Sealer, Side } from './given.ts'

/**
 * Makes what seals the records that this side says.
 *
 * @param keys - one for each direction.
 * @param side - whose program this is.
 * @param count - of the first record.
 */
export function makeSealer(keys: Keys, side: Side, count = 0): Sealer {
  // Replace this line. Its cause does nothing but name what you have to work with.
  throw new Error('exercise 06: write makeSealer in records.ts', { cause: { keys, side, count } })
}

/**
 * Makes what opens the records that the other side says.
 *
 * @param side - whose program this is: what it opens was sealed by the other.
 * @param count - of the first record.
 */
export function makeOpener(keys: Keys, side: Side, count = 0): Opener {
  // Replace this line too.
  throw new Error('exercise 06: write makeOpener in records.ts', { cause: { keys, side, count } })
}
