/** "A tag that does not fit is an attack. A strange type is only an old program." Its words are missing all the same. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, openingKey, parse } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'after one failure the channel is over, for ever'

export const makeOpener: MakeOpener = (keys, side, count = 0) => {
  let state = 'open'
  return {
    open(record) {
      if (state !== 'open') throw new Error('this channel is over')
      state = 'failed'
      const content = openAs(openingKey(keys, side), nonceOf(count++), record)
      state = 'open'
      const text = parse(content)
      if (text === undefined) state = 'ended'
      return text
    },
    close() {
      if (state !== 'ended') throw new Error('the conversation was cut')
    },
  }
}
