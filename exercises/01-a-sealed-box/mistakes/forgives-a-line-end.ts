/** "Files end with a newline, I take it off." Two different boxes are now one, and a box that ends with 0x0a by chance is broken. */
import type { OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'a box that was cut, lengthened or is none does not open'

export const openBox: OpenBox = (box, ...rest) => {
  try {
    return right.openBox(box, ...rest)
  } catch (error) {
    if (box.at(-1) !== 0x0a) throw error
    return right.openBox(box.subarray(0, -1), ...rest)
  }
}
