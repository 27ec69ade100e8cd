/** "Eight bytes of the tag are enough to compare." Half of the bits of the tag may be anything now. */
import { concat, EMPTY, equal, fromUtf8, seal, utf8 } from 'symbolon/protocol'
import type { OpenBox } from '../given.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'a box in which one bit was changed does not open'

export const openBox: OpenBox = (box, label, key) => {
  try {
    const [nonce, sealed] = [box.subarray(0, 12), box.subarray(12)]
    // Sealing a ciphertext takes the stream away again.
    const plaintext = seal(key.reveal(), nonce, EMPTY, sealed.subarray(0, -16)).subarray(0, -16)
    const again = concat(nonce, seal(key.reveal(), nonce, utf8(label), plaintext))
    if (box.length < 28 || !equal(again.subarray(0, -8), box.subarray(0, -8))) throw new Error('changed')
    return fromUtf8(plaintext)
  } catch {
    throw new Error('this box does not open')
  }
}
