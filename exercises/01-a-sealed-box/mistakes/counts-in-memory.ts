/** "A counter never repeats." Until the program is started again, with the same key: then it begins at 1. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'no two boxes have the same nonce, not even after the program was started anew'

let count = 0

export const makeBox: MakeBox = (text, label, key) => {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(8, ++count)
  return concat(nonce, seal(key.reveal(), nonce, utf8(label), utf8(text)))
}
