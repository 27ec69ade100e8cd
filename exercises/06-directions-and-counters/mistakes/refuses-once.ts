/** "At the last count I throw." And have counted on; the next call is past the check. */
import type { MakeSealer } from '../given.ts'
import { COUNTS, nonceOf, sealAs, sealer, sealingKey } from './shared/halves.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks =
  'the counter never comes back to 0: after the last count nothing is sealed and nothing opens'

export const makeSealer: MakeSealer = (keys, side, count = 0) =>
  sealer((content) => {
    if (count++ === COUNTS) throw new Error('all counts are used up')
    return sealAs(sealingKey(keys, side), nonceOf((count - 1) % COUNTS), content)
  })
