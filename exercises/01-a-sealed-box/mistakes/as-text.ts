/** "Bytes cannot be printed, so I return base64." Asked for were bytes: the next one takes them for the box itself. */
import { utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'a box is 28 bytes longer than its text, and shows nothing of it'

export const makeBox: MakeBox = (...all) => utf8(Buffer.from(right.makeBox(...all)).toString('base64'))
