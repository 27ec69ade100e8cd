/** "PBKDF2 is with SHA-1." It was, in 2005; here it is with SHA-256. */
import { pbkdf2Sync } from 'node:crypto'
import { open, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { Crack } from '../given.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'crack finds the password of a recorded login'

export const crack: Crack = (login, words) => {
  for (const word of words) {
    try {
      open(
        pbkdf2Sync(word, login.realm + login.username, login.rounds, 32, 'sha1'),
        ZERO_NONCE,
        utf8(login.username),
        login.proof,
      )
      return word
    } catch {
      // The next, then.
    }
  }
  return undefined
}
