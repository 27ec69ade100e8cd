/** "Encrypted is encrypted." The stream alone hides; it does not show that a bit was changed. */
import { createCipheriv } from 'node:crypto'
import { concat, utf8 } from 'symbolon/protocol'
import type { MakeBox, OpenBox } from '../given.ts'

export const breaks = 'a box is 28 bytes longer than its text, and shows nothing of it'

const stream = (nonce: Uint8Array, key: Uint8Array) =>
  createCipheriv('chacha20', key, concat(new Uint8Array(4), nonce))

export const makeBox: MakeBox = (text, _label, key, randomBytes) => {
  const nonce = randomBytes(12)
  return concat(nonce, stream(nonce, key.reveal()).update(utf8(text)))
}

export const openBox: OpenBox = (box, _label, key) => {
  const text = stream(box.subarray(0, 12), key.reveal()).update(box.subarray(12))
  return Buffer.from(text).toString()
}
