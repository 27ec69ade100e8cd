/** "Four random bytes, and the name tells us apart." In a box there is no name in the nonce, and four bytes repeat soon. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { Send } from '../given.ts'

export { add, follow, read, remove } from '../solution/group.ts'

export const breaks = 'no nonce comes twice under one key, whoever seals'

export const send: Send = ({ name, epoch, key }, text, randomBytes) => {
  const nonce = concat(randomBytes(4), new Uint8Array(8))
  return {
    epoch,
    from: name,
    box: concat(nonce, seal(key, nonce, utf8(`message ${epoch} ${name}`), utf8(text))),
  }
}
