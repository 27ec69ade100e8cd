/** "The end is the message END." Then alice cannot say END. */
import type { MakeOpener, MakeSealer } from '../given.ts'
import * as right from '../solution/records.ts'
import { nonceOf, openAs, opener, openingKey, parse } from './shared/halves.ts'

export const breaks = 'every record has the next count in its nonce, and so has the end'

export const makeSealer: MakeSealer = (...all) => {
  const { seal } = right.makeSealer(...all)
  return { seal, end: () => seal('END') }
}
export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener(
    (record) => openAs(openingKey(keys, side), nonceOf(count++), record),
    (content) => {
      const text = parse(content)
      return text === 'END' ? undefined : text
    },
  )
