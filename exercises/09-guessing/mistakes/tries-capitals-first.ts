/** "People write a capital." If that is not the password, it was half of the work for nothing. And what is returned is not what opened. */
import type { Crack } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { blindFor, makeDoor } from '../solution/guessing.ts'

export const breaks = 'where no word is right it says nothing'

export const crack: Crack = (login, words) => {
  const word = right.crack(login, words)
  if (word !== undefined) return word
  return words.find((one) => right.crack(login, [one.toLowerCase(), one.trim()]) !== undefined)
}
