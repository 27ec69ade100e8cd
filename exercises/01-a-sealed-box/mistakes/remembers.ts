/** "I have opened this box before, I still know what was in it." Now it opens for everybody who hands it in, with any key. */
import type { OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'with another key it does not open, and every key makes boxes of its own'

const opened = new Map<string, string>()

export const openBox: OpenBox = (box, label, key) => {
  const name = `${Buffer.from(box).toString('hex')} ${label}`
  const text = opened.get(name) ?? right.openBox(box, label, key)
  opened.set(name, text)
  return text
}
