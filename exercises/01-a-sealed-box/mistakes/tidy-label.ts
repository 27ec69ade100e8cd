/** "Small letters and no spaces: so that nobody stumbles over the spelling." Now two labels are one, and bob does not know that rule. */
import type { MakeBox, OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export const breaks = 'the label is sealed to the box'

const tidy = (label: string) => label.trim().toLowerCase()

export const makeBox: MakeBox = (text, label, ...rest) => right.makeBox(text, tidy(label), ...rest)
export const openBox: OpenBox = (box, label, key) => right.openBox(box, tidy(label), key)
