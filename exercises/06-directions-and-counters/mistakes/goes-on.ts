/** "That one was bad, the next may be good." It may be the thousandth that is bad in the right way. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, openingKey, parse } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'after one failure the channel is over, for ever'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let next = count
  let hasEnded = false
  return {
    open(record) {
      if (hasEnded) throw new Error('the end has come')
      const text = parse(openAs(openingKey(keys, side), nonceOf(next), record))
      next++
      hasEnded = text === undefined
      return text
    },
    close() {
      if (!hasEnded) throw new Error('the conversation was cut')
    },
  }
}
