/** "It opens, so it is from alice." She has said that there is no more, and close() has believed it. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, openingKey, parse } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'a conversation that was cut does not look whole, and after the end there is nothing'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let state = 'open'
  return {
    open(record) {
      const before = state
      state = 'failed'
      if (before === 'failed') throw new Error('this channel is over')
      const text = parse(openAs(openingKey(keys, side), nonceOf(count++), record))
      state = text === undefined ? 'ended' : 'open'
      return text
    },
    close() {
      if (state !== 'ended') throw new Error('the conversation was cut')
    },
  }
}
