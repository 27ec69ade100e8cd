/** "Spaces at the end are a slip of the hand." Or the end of a password. A box gives back what was put in. */
import type { OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'it opens what bob has sealed, and the text comes out as it went in'

export const openBox: OpenBox = (...all) => right.openBox(...all).trim()
