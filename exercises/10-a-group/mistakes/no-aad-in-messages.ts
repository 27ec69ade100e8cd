/** "The name stands beside it." The server can put another one there. */
import { concat, EMPTY, fromUtf8, open, seal, utf8 } from 'symbolon/protocol'
import type { Read, Send } from '../given.ts'

export { add, follow, remove } from '../solution/group.ts'

export const breaks = 'what one member says the others read'

export const send: Send = ({ name, epoch, key }, text, randomBytes) => {
  const nonce = randomBytes(12)
  return { epoch, from: name, box: concat(nonce, seal(key, nonce, EMPTY, utf8(text))) }
}
export const read: Read = ({ epoch, key }, message) => {
  if (message.epoch !== epoch) throw new Error('this message is of another epoch')
  return fromUtf8(open(key, message.box.subarray(0, 12), EMPTY, message.box.subarray(12)))
}
