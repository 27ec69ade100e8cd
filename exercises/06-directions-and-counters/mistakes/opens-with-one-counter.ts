/** "There is one bob, so he has one counter." He has two conversations. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks =
  'two channels do not touch each other: each counts for itself, from the count it is given'

let next = 0

export const makeOpener: MakeOpener = (keys, side) =>
  opener((record) => openAs(openingKey(keys, side), nonceOf(next++), record))
