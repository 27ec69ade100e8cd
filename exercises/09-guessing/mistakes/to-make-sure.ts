/** "I try it once more, to make sure." A tag that fits by chance is one in 2^128. */
import type { Crack } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'each word is tried once, and none after the right one'

export const crack: Crack = (login, words) =>
  words.find((word) => right.crack(login, [word]) !== undefined && right.crack(login, [word]) !== undefined)
