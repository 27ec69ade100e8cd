/** "Whoever opens it has the key, the label says nothing more." It says for whom the box is, and the courier has just changed it. */
import { EMPTY, fromUtf8, open } from 'symbolon/protocol'
import type { OpenBox } from '../given.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'with another label it does not open'

export const openBox: OpenBox = (box, _label, key) => {
  try {
    return fromUtf8(open(key.reveal(), box.subarray(0, 12), EMPTY, box.subarray(12)))
  } catch {
    throw new Error('this box does not open')
  }
}
