/** "The label is only for the post." Then the post may change it, and the box opens all the same. */
import { concat, EMPTY, fromUtf8, open, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox, OpenBox } from '../given.ts'

export const breaks = 'the label is sealed to the box'

export const makeBox: MakeBox = (text, _label, key, randomBytes) => {
  const nonce = randomBytes(12)
  return concat(nonce, seal(key.reveal(), nonce, EMPTY, utf8(text)))
}

export const openBox: OpenBox = (box, _label, key) => {
  try {
    return fromUtf8(open(key.reveal(), box.subarray(0, 12), EMPTY, box.subarray(12)))
  } catch {
    throw new Error('this box does not open')
  }
}
