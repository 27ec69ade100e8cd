/** "Each nonce is new, so I take the length of what was said." The empty text has none. */
import type { MakeSealer } from '../given.ts'
import { nonceOf, sealAs, sealer, sealingKey } from './shared/halves.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks = 'every record has the next count in its nonce, and so has the end'

export const makeSealer: MakeSealer = (keys, side, count = 0) => {
  let next = count
  return sealer((content) => {
    const record = sealAs(sealingKey(keys, side), nonceOf(next), content)
    next += content.length - 1
    return record
  })
}
