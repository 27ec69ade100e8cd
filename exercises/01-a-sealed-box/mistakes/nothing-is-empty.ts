/** "Nothing came, so the text is empty." Everybody can send nothing; only bob can seal it. */
import type { OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'a box that was cut, lengthened or is none does not open'

export const openBox: OpenBox = (box, label, key) => (box.length < 28 ? '' : right.openBox(box, label, key))
