/** "I count, so my nonces never repeat." The others count too, from 1, under the same key. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { Send } from '../given.ts'

export { add, follow, read, remove } from '../solution/group.ts'

export const breaks = 'no nonce comes twice under one key, whoever seals'

let sent = 0

export const send: Send = ({ name, epoch, key }, text) => {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(8, ++sent)
  return {
    epoch,
    from: name,
    box: concat(nonce, seal(key, nonce, utf8(`message ${epoch} ${name}`), utf8(text))),
  }
}
