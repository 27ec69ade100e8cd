/** "It always begins at 0." A conversation that goes on with the same key goes on counting, or uses its nonces again. */
import type { MakeOpener, MakeSealer } from '../given.ts'
import * as right from '../solution/records.ts'

export const breaks =
  'two channels do not touch each other: each counts for itself, from the count it is given'

export const makeSealer: MakeSealer = (keys, side) => right.makeSealer(keys, side)
export const makeOpener: MakeOpener = (keys, side) => right.makeOpener(keys, side)
