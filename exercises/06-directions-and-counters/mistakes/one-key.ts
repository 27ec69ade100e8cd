/** "One key is enough, both know it." Then a record that comes back opens at the one who sealed it. */
import type { Keys, MakeOpener, MakeSealer } from '../given.ts'
import * as right from '../solution/records.ts'

export const breaks =
  'each direction has a key of its own: what alice said does not come back to her as said by bob'

const one = ({ aliceToBob }: Keys) => ({ aliceToBob, bobToAlice: aliceToBob })

export const makeSealer: MakeSealer = (keys, ...rest) => right.makeSealer(one(keys), ...rest)
export const makeOpener: MakeOpener = (keys, ...rest) => right.makeOpener(one(keys), ...rest)
