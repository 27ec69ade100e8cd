/** "Another text, another hash, another nonce." The same text is the same box: who sees it twice knows that it was said twice. */
import { createHash } from 'node:crypto'
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'no two boxes have the same nonce, not even after the program was started anew'

export const makeBox: MakeBox = (text, label, key) => {
  const nonce = createHash('sha256').update(key.reveal()).update(text).digest().subarray(0, 12)
  return concat(nonce, seal(key.reveal(), nonce, utf8(label), utf8(text)))
}
