/** "If the one does not fit, the other does." So it opens whatever alice herself has said. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey, sealingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks =
  'each direction has a key of its own: what alice said does not come back to her as said by bob'

export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener((record) => {
    const nonce = nonceOf(count++)
    try {
      return openAs(openingKey(keys, side), nonce, record)
    } catch {
      return openAs(sealingKey(keys, side), nonce, record)
    }
  })
