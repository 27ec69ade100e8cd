/** "The key does not change while the program runs." Carol has another one, and gets bob's. */
import type { Secret } from 'symbolon/protocol'
import type { MakeBox, OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export const breaks = 'with another key it does not open, and every key makes boxes of its own'

let first: Secret | undefined

export const makeBox: MakeBox = (text, label, key, randomBytes) => {
  first ??= key
  return right.makeBox(text, label, first, randomBytes)
}
export const openBox: OpenBox = (box, label, key) => {
  first ??= key
  return right.openBox(box, label, first)
}
