/** "The login is alice's." This one was; the next is bob's. */
import { pbkdf2Sync } from 'node:crypto'
import { open, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { Crack } from '../given.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'every login is tried with its own name, realm and rounds'

export const crack: Crack = (login, words) => {
  for (const word of words) {
    try {
      open(
        pbkdf2Sync(word, `${login.realm}alice`, login.rounds, 32, 'sha256'),
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
