/** "I hash it, so that it looks random." A hash of one random byte has 256 values, however long it is. */
import { createHash } from 'node:crypto'
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'a nonce is made of 12 random bytes'

export const makeBox: MakeBox = (text, label, key, randomBytes) => {
  const nonce = createHash('sha256').update(randomBytes(1)).digest().subarray(0, 12)
  return concat(nonce, seal(key.reveal(), nonce, utf8(label), utf8(text)))
}
