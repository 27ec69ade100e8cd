/** "An empty line of the list is no word." It is a password that many have, for as long as it is allowed. */
import type { Crack } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'crack finds the password of a recorded login'

export const crack: Crack = (login, words) => right.crack(login, words.filter(Boolean))
