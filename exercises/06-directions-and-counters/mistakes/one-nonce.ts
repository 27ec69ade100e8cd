/** "Each conversation has its own key, so a nonce of zeros is enough." For one record. */
import type { MakeSealer } from '../given.ts'
import { nonceOf, sealAs, sealer, sealingKey } from './shared/halves.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks = 'every record has the next count in its nonce, and so has the end'

export const makeSealer: MakeSealer = (keys, side, count = 0) =>
  sealer((content) => sealAs(sealingKey(keys, side), nonceOf(count), content))
