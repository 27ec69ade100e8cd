/** "Who seals takes care, so the one who opens need not." The attacker has the first record, and no need of a sealer. */
import type { MakeOpener } from '../given.ts'
import { COUNTS, nonceOf, openAs, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks =
  'the counter never comes back to 0: after the last count nothing is sealed and nothing opens'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let next = count
  return opener((record) => {
    const content = openAs(openingKey(keys, side), nonceOf(next), record)
    next = (next + 1) % COUNTS
    return content
  })
}
