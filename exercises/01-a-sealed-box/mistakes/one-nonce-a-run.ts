/** "I draw the nonce when the program starts, then I have it." One for all boxes is as bad as zero. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'no two boxes have the same nonce, not even after the program was started anew'

let nonce: Uint8Array | undefined

export const makeBox: MakeBox = (text, label, key, randomBytes) => {
  nonce ??= randomBytes(12)
  return concat(nonce, seal(key.reveal(), nonce, utf8(label), utf8(text)))
}
