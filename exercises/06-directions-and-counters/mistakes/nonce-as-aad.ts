/** "What counts must be authenticated." It is: with another nonce nothing opens. Bob gives no associated data. */
import { seal } from 'symbolon/protocol'
import type { MakeSealer } from '../given.ts'
import { nonceOf, sealer, sealingKey } from './shared/halves.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks = "bob's program opens the first record that alice seals"

export const makeSealer: MakeSealer = (keys, side, count = 0) =>
  sealer((content) => {
    const nonce = nonceOf(count++)
    return seal(sealingKey(keys, side).reveal(), nonce, nonce, content)
  })
