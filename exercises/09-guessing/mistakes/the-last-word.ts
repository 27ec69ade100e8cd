/** "When all others are wrong it must be the last." Or it is not in the list. */
import type { Crack } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'where no word is right it says nothing'

export const crack: Crack = (login, words) => right.crack(login, words) ?? words.at(-1)
