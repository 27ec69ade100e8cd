/** "A nonce is a parameter that one sets to zero." With the same key it seals once; the second box reads the first. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'no two boxes have the same nonce, not even after the program was started anew'

const NONCE = new Uint8Array(12)

export const makeBox: MakeBox = (text, label, key) =>
  concat(NONCE, seal(key.reveal(), NONCE, utf8(label), utf8(text)))
