/** "A good error says everything." This one is in a log now, and so is the key. */
import type { OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'nothing is given away beside: no error and no printed line has the key or the text'

export const openBox: OpenBox = (box, label, key) => {
  try {
    return right.openBox(box, label, key)
  } catch {
    throw new Error(`this box does not open with ${key.toText()}`)
  }
}
