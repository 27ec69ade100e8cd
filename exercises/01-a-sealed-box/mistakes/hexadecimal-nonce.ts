/** "Twelve characters are twelve bytes." In hexadecimal they hold six random ones. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'a nonce is made of 12 random bytes'

export const makeBox: MakeBox = (text, label, key, randomBytes) => {
  const nonce = utf8(Buffer.from(randomBytes(12)).toString('hex').slice(0, 12))
  return concat(nonce, seal(key.reveal(), nonce, utf8(label), utf8(text)))
}
