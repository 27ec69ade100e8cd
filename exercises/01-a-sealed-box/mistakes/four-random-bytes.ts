/** "Four billion nonces are enough." Two of 80,000 boxes share one, as likely as not: the birthday problem. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'a nonce is made of 12 random bytes'

export const makeBox: MakeBox = (text, label, key, randomBytes) => {
  const nonce = concat(new Uint8Array(8), randomBytes(4))
  return concat(nonce, seal(key.reveal(), nonce, utf8(label), utf8(text)))
}
