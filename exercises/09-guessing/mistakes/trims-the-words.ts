/** "Lines of a list have spaces at their ends." And so may passwords. */
import type { Crack } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'crack finds the password of a recorded login'

export const crack: Crack = (login, words) =>
  right.crack(
    login,
    words.map((word) => word.trim()),
  )
