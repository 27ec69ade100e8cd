/** "A text that is no UTF-8 is shown as well as it can be." Then two different records are the same text. */
import type { MakeOpener } from '../given.ts'
import { MESSAGE, nonceOf, openAs, opener, openingKey, parse } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'what was changed or cut, or is no record, is refused'

export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener(
    (record) => openAs(openingKey(keys, side), nonceOf(count++), record),
    (content) => (content[0] === MESSAGE ? Buffer.from(content.subarray(1)).toString() : parse(content)),
  )
