/** "First all keys, then all tries." When the first word is right, the others were for nothing. */
import { EMPTY, open, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { Crack } from '../given.ts'
import { keyOf } from '../solution/guessing.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'each word is tried once, and none after the right one'

export const crack: Crack = (login, words) => {
  const keys = words.map((word) => keyOf(word, login))
  return words.find((_, i) => {
    try {
      open(keys[i] ?? EMPTY, ZERO_NONCE, utf8(login.username), login.proof)
      return true
    } catch {
      return false
    }
  })
}
