/** "The password is what counts." The salt is in the key as well, and another for everyone. */
import { pbkdf2Sync } from 'node:crypto'
import { open, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { Crack } from '../given.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'crack finds the password of a recorded login'

export const crack: Crack = (login, words) => {
  for (const word of words) {
    try {
      open(pbkdf2Sync(word, '', login.rounds, 32, 'sha256'), ZERO_NONCE, utf8(login.username), login.proof)
      return word
    } catch {
      // The next, then.
    }
  }
  return undefined
}
