/** "Everybody may make a mistake, so only the third one ends it." The cipher makes none. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, openingKey, parse } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'after one failure the channel is over, for ever'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let next = count
  let failures = 0
  let hasEnded = false
  return {
    open(record) {
      if (hasEnded || failures === 3) throw new Error('this channel is over')
      failures++
      const text = parse(openAs(openingKey(keys, side), nonceOf(next), record))
      failures--
      next++
      hasEnded = text === undefined
      return text
    },
    close() {
      if (!hasEnded) throw new Error('the conversation was cut')
    },
  }
}
