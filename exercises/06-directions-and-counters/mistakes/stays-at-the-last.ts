/** "At the last count I stop counting." And seal everything with it from then on. */
import type { MakeSealer } from '../given.ts'
import { COUNTS, nonceOf, sealAs, sealer, sealingKey } from './shared/halves.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks =
  'the counter never comes back to 0: after the last count nothing is sealed and nothing opens'

export const makeSealer: MakeSealer = (keys, side, count = 0) => {
  let next = count
  return sealer((content) => {
    const nonce = nonceOf(next)
    next = Math.min(next + 1, COUNTS - 1)
    return sealAs(sealingKey(keys, side), nonce, content)
  })
}
