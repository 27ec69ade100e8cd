/** "Every letter has its own label." Not for long: the second one for bob on the same day has the same. */
import { createHash } from 'node:crypto'
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'no two boxes have the same nonce, not even after the program was started anew'

export const makeBox: MakeBox = (text, label, key) => {
  const nonce = createHash('sha256').update(label).digest().subarray(0, 12)
  return concat(nonce, seal(key.reveal(), nonce, utf8(label), utf8(text)))
}
