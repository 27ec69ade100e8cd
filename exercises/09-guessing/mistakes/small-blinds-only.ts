/** "A hundred will do." The blind is any of 1012: that is why nothing is learned. */
import type { BlindFor } from '../given.ts'
import { hashToGroup, P, power } from '../solution/guessing.ts'

export { crack, makeDoor } from '../solution/guessing.ts'

export const breaks = 'blindFor finds for every word the blind that makes an OPAQUE request of it'

export const blindFor: BlindFor = (request, word) => {
  const base = hashToGroup(word)
  let number = power(base, 1 - 1)
  for (let blind = 1; blind < 100; blind++) {
    number = (number * base) % P
    if (number === request) return blind
  }
  return undefined
}
