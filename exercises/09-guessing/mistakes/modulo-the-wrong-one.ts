/** "Everything modulo Q." Exponents are, numbers are modulo P. */
import type { BlindFor } from '../given.ts'
import { hashToGroup, Q } from '../solution/guessing.ts'

export { crack, makeDoor } from '../solution/guessing.ts'

export const breaks = 'blindFor finds for every word the blind that makes an OPAQUE request of it'

export const blindFor: BlindFor = (request, word) => {
  const base = hashToGroup(word)
  let number = 1
  for (let blind = 1; blind < Q; blind++) {
    number = (number * base) % Q
    if (number === request) return blind
  }
  return undefined
}
