/** "The first record is number 1." For bob it is number 0. */
import type { MakeOpener, MakeSealer } from '../given.ts'
import * as right from '../solution/records.ts'

export const breaks = "bob's program opens the first record that alice seals"

export const makeSealer: MakeSealer = (keys, side, count = 0) => right.makeSealer(keys, side, count + 1)
export const makeOpener: MakeOpener = (keys, side, count = 0) => right.makeOpener(keys, side, count + 1)
