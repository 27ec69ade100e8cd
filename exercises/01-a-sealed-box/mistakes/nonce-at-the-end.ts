/** "The order does not matter, it is all in there." Bob cuts at fixed places, and takes ciphertext for the nonce. */
import { concat } from 'symbolon/protocol'
import type { MakeBox, OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export const breaks = "bob's program opens the box with the same key"

export const makeBox: MakeBox = (...all) => {
  const box = right.makeBox(...all)
  return concat(box.subarray(12), box.subarray(0, 12))
}
export const openBox: OpenBox = (box, ...rest) =>
  right.openBox(concat(box.subarray(-12), box.subarray(0, -12)), ...rest)
