/** "A count is a number, so I count in one place." Alice talks to bob and to carol, and each of them hears every second record. */
import type { MakeSealer } from '../given.ts'
import { nonceOf, sealAs, sealer, sealingKey } from './shared/halves.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks =
  'two channels do not touch each other: each counts for itself, from the count it is given'

let next = 0

export const makeSealer: MakeSealer = (keys, side) =>
  sealer((content) => sealAs(sealingKey(keys, side), nonceOf(next++), content))
