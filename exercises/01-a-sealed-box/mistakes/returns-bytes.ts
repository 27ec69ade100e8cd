/** "Text is bytes anyway." The next one compares it with text, and never finds it equal. */
import { utf8 } from 'symbolon/protocol'
import * as right from '../solution/box.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'it opens what bob has sealed, and the text comes out as it went in'

export const openBox = (...all: Parameters<typeof right.openBox>): Uint8Array => utf8(right.openBox(...all))
