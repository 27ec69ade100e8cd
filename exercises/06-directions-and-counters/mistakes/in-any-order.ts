/** "I remember which counts were there, so nothing opens twice." It opens in every order. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'records that are exchanged, or of which one is missing, are refused'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  const seen = new Set<number>()
  return opener((record) => {
    for (let tried = count; tried < count + 64; tried++) {
      if (seen.has(tried)) continue
      try {
        const content = openAs(openingKey(keys, side), nonceOf(tried), record)
        seen.add(tried)
        return content
      } catch {
        // The next one, then.
      }
    }
    throw new Error('this record does not open')
  })
}
