/** "A helpful program says what is wrong." It also helps the one who tries: each answer rules something out. */
import type { OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'whatever is wrong, it throws one and the same Error'

export const openBox: OpenBox = (box, ...rest) => {
  if (box.length < 28) throw new RangeError(`a box has at least 28 bytes, and this has ${box.length}`)
  return right.openBox(box, ...rest)
}
