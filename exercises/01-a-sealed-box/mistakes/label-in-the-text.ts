/** "The label is safe inside." It is, but bob's program finds it in front of the text, and whoever must read it outside cannot. */
import type { MakeBox, OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export const breaks = 'a box is 28 bytes longer than its text, and shows nothing of it'

export const makeBox: MakeBox = (text, label, ...rest) => right.makeBox(`${label}\n${text}`, label, ...rest)
export const openBox: OpenBox = (box, label, key) => right.openBox(box, label, key).slice(label.length + 1)
