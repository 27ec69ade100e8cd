/** "If there is none, the last that was tried." It makes another request. */
import type { BlindFor } from '../given.ts'
import { hashToGroup, P, power, Q } from '../solution/guessing.ts'

export { crack, makeDoor } from '../solution/guessing.ts'

export const breaks = 'what is no number of the group is explained by no word'

export const blindFor: BlindFor = (request, word) => {
  const base = hashToGroup(word)
  let number = power(base, 1 - 1)
  for (let blind = 1; blind < Q; blind++) {
    number = (number * base) % P
    if (number === request) return blind
  }
  return Q - 1
}
