/** "The bad record had a count too, so I go on with the next." What was in its place is gone, and bob does not hear of it. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, openingKey, parse } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'after one failure the channel is over, for ever'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let hasEnded = false
  return {
    open(record) {
      if (hasEnded) throw new Error('the end has come')
      const text = parse(openAs(openingKey(keys, side), nonceOf(count++), record))
      hasEnded = text === undefined
      return text
    },
    close() {
      if (!hasEnded) throw new Error('the conversation was cut')
    },
  }
}
