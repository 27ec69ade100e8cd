/** "I have written alice's side, and it works." Bob uses the same program. */
import type { MakeOpener, MakeSealer } from '../given.ts'
import * as right from '../solution/records.ts'

export const breaks =
  'each direction has a key of its own: what alice said does not come back to her as said by bob'

export const makeSealer: MakeSealer = (keys, _, count) => right.makeSealer(keys, 'alice', count)
export const makeOpener: MakeOpener = (keys, _, count) => right.makeOpener(keys, 'bob', count)
