/** "They said 60." In every login is another number. */
import { pbkdf2Sync } from 'node:crypto'
import { open, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { Crack } from '../given.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'every login is tried with its own name, realm and rounds'

export const crack: Crack = (login, words) => {
  for (const word of words) {
    try {
      open(
        pbkdf2Sync(word, login.realm + login.username, 60, 32, 'sha256'),
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
