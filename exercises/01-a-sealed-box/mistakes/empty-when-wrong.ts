/** "I do not want it to crash, so I return nothing." The caller reads an empty message, and believes that bob wrote it. */
import type { OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'a box in which one bit was changed does not open'

export const openBox: OpenBox = (...all) => {
  try {
    return right.openBox(...all)
  } catch {
    return ''
  }
}
