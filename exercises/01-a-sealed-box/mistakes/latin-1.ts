/** "One letter, one byte." Not every letter has a number below 256: what has not is another letter afterwards. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = "bob's program opens the box with the same key"

export const makeBox: MakeBox = (text, label, key, randomBytes) => {
  const nonce = randomBytes(12)
  return concat(nonce, seal(key.reveal(), nonce, utf8(label), Buffer.from(text, 'latin1')))
}
