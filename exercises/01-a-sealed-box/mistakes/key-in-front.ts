/** "Bob needs the key, so I put it in." The courier is glad of it. */
import { concat } from 'symbolon/protocol'
import type { MakeBox, OpenBox } from '../given.ts'
import * as right from '../solution/box.ts'

export const breaks = 'a box is 28 bytes longer than its text, and shows nothing of it'

export const makeBox: MakeBox = (text, label, key, randomBytes) =>
  concat(key.reveal(), right.makeBox(text, label, key, randomBytes))
export const openBox: OpenBox = (box, label, key) => right.openBox(box.subarray(32), label, key)
