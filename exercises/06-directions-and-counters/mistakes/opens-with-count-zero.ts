/** "The record opens, so the opener is done." It is the first one; the opener counts too. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = "bob reads what alice's program said, to the last byte, and then that it was the end"

export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener((record) => openAs(openingKey(keys, side), nonceOf(count), record))
