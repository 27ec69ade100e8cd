/** "Empty means that something went wrong." An empty text is a text, and bob has sealed it. */
import type { OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'it opens what bob has sealed, and the text comes out as it went in'

export const openBox: OpenBox = (...all) => {
  const text = right.openBox(...all)
  if (!text) throw new Error('this box does not open')
  return text
}
