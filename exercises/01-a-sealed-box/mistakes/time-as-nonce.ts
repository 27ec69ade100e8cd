/** "Time never comes back." Two boxes in one millisecond have the same one, and clocks are set back every autumn. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'no two boxes have the same nonce, not even after the program was started anew'

export const makeBox: MakeBox = (text, label, key) => {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, BigInt(Date.now()))
  return concat(nonce, seal(key.reveal(), nonce, utf8(label), utf8(text)))
}
