/** "What is no UTF-8 becomes a question mark." Bob's bytes were sealed, but they were no text: this is another message than his. */
import { open, utf8 } from 'symbolon/protocol'
import type { OpenBox } from '../given.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'whatever is wrong, it throws one and the same Error'

export const openBox: OpenBox = (box, label, key) => {
  try {
    const bytes = open(key.reveal(), box.subarray(0, 12), utf8(label), box.subarray(12))
    return Buffer.from(bytes).toString('utf8')
  } catch {
    throw new Error('this box does not open')
  }
}
