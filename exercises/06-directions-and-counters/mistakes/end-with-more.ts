/** "Type 05 is the end." Whatever stood behind it is gone, and no one hears of it. */
import type { MakeOpener } from '../given.ts'
import { END, nonceOf, openAs, opener, openingKey, parse } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'what was changed or cut, or is no record, is refused'

export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener(
    (record) => openAs(openingKey(keys, side), nonceOf(count++), record),
    (content) => (content[0] === END ? undefined : parse(content)),
  )
