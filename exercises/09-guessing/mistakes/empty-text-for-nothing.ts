/** "Nothing is an empty text." That is a password too. */
import type { Crack } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'where no word is right it says nothing'

export const crack: Crack = (login, words) => right.crack(login, words) ?? ''
