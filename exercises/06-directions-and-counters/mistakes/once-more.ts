/** "It may be sent again when the way is bad, so the last one still opens." TCP sends again, and below this. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'a record that comes twice is refused'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let next = count
  return opener((record) => {
    const key = openingKey(keys, side)
    try {
      const content = openAs(key, nonceOf(next), record)
      next++
      return content
    } catch (error) {
      if (next === count) throw error
      return openAs(key, nonceOf(next - 1), record)
    }
  })
}
