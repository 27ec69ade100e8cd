/** "Passwords are in ASCII." Half the world disagrees. */
import type { Crack } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'crack finds the password of a recorded login'

export const crack: Crack = (login, words) =>
  right.crack(
    login,
    words.filter((word) => /^[ -~]*$/.test(word)),
  )
