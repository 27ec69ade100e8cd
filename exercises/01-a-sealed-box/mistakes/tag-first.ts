/** "First the proof, then the letter." A good thought; bob looks for the tag at the end. */
import { concat } from 'symbolon/protocol'
import type { MakeBox, OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export const breaks = "bob's program opens the box with the same key"

export const makeBox: MakeBox = (...all) => {
  const box = right.makeBox(...all)
  return concat(box.subarray(0, 12), box.subarray(-16), box.subarray(12, -16))
}
export const openBox: OpenBox = (box, ...rest) =>
  right.openBox(concat(box.subarray(0, 12), box.subarray(28), box.subarray(12, 28)), ...rest)
