/** "Random is random." Math.random is made to be fast; from a few of its numbers all others can be computed. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'no two boxes have the same nonce, not even after the program was started anew'

export const makeBox: MakeBox = (text, label, key) => {
  const nonce = Uint8Array.from({ length: 12 }, () => Math.floor(Math.random() * 256))
  return concat(nonce, seal(key.reveal(), nonce, utf8(label), utf8(text)))
}
