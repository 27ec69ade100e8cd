/** "What is not the end is a message." A later version will have other types; bob takes each for words of alice's. */
import { fromUtf8 } from 'symbolon/protocol'
import type { MakeOpener } from '../given.ts'
import { END, nonceOf, openAs, opener, openingKey } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'what was changed or cut, or is no record, is refused'

export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener(
    (record) => openAs(openingKey(keys, side), nonceOf(count++), record),
    (content) => (content[0] === END && content.length === 1 ? undefined : fromUtf8(content.subarray(1))),
  )
