/** "aliceToBob: with that alice opens." It is named after the one who speaks. */
import type { Keys, MakeOpener, MakeSealer } from '../given.ts'
import * as right from '../solution/records.ts'

export const breaks = "bob's program opens the first record that alice seals"

const exchanged = ({ aliceToBob, bobToAlice }: Keys) => ({ aliceToBob: bobToAlice, bobToAlice: aliceToBob })

export const makeSealer: MakeSealer = (keys, ...rest) => right.makeSealer(exchanged(keys), ...rest)
export const makeOpener: MakeOpener = (keys, ...rest) => right.makeOpener(exchanged(keys), ...rest)
