/** "update() has given me the text, what is final() for?" It compares the tag; before that the text is the courier's. */
import { createDecipheriv } from 'node:crypto'
import { utf8 } from 'symbolon/protocol'
import type { OpenBox } from '../given.ts'

export { makeBox } from '../solution/box.ts'

export const breaks = 'a box in which one bit was changed does not open'

export const openBox: OpenBox = (box, label, key) => {
  const [ciphertext, tag] = [box.subarray(12, -16), box.subarray(-16)]
  const decipher = createDecipheriv('chacha20-poly1305', key.reveal(), box.subarray(0, 12), {
    authTagLength: 16,
  })
  decipher.setAAD(utf8(label), { plaintextLength: ciphertext.length })
  decipher.setAuthTag(tag)
  return Buffer.from(decipher.update(ciphertext)).toString()
}
