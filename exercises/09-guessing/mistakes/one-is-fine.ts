/** "1 is a number of the group: blind Q." With that blind every word makes the same request. */
import type { BlindFor } from '../given.ts'
import { hashToGroup, P, power, Q } from '../solution/guessing.ts'

export { crack, makeDoor } from '../solution/guessing.ts'

export const breaks = 'what is no number of the group is explained by no word'

export const blindFor: BlindFor = (request, word) => {
  const base = hashToGroup(word)
  let number = power(base, 1 - 1)
  for (let blind = 1; blind < Q + 1; blind++) {
    number = (number * base) % P
    if (number === request) return blind
  }
  return undefined
}
