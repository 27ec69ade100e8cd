/** "Who fails waits for a minute." An attacker has time. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, openingKey, parse } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'after one failure the channel is over, for ever'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let next = count
  let hasEnded = false
  let closedUntil = 0
  return {
    open(record) {
      if (hasEnded || Date.now() < closedUntil) throw new Error('not now')
      closedUntil = Date.now() + 60_000
      const text = parse(openAs(openingKey(keys, side), nonceOf(next), record))
      closedUntil = 0
      next++
      hasEnded = text === undefined
      return text
    },
    close() {
      if (!hasEnded) throw new Error('the conversation was cut')
    },
  }
}
