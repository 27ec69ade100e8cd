/** "Records get lost, so I look a little ahead." On a connection nothing is lost, unless it was taken. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'records that are exchanged, or of which one is missing, are refused'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let next = count
  return opener((record) => {
    for (let tried = next; tried < next + 16; tried++) {
      try {
        const content = openAs(openingKey(keys, side), nonceOf(tried), record)
        next = tried + 1
        return content
      } catch {
        // The next one, then.
      }
    }
    throw new Error('this record does not open')
  })
}
