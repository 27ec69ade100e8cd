/** "Older boxes have no label, so I try without." What was sealed with none opens under any that the courier writes. */
import type { OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'with another label it does not open'

export const openBox: OpenBox = (box, label, key) => {
  try {
    return right.openBox(box, label, key)
  } catch {
    return right.openBox(box, '', key)
  }
}
