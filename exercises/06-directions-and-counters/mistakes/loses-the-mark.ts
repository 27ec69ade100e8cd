/** "TextDecoder makes text of bytes." Its default removes a mark at the beginning (U+FEFF). */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey, parse } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = "bob reads what alice's program said, to the last byte, and then that it was the end"

export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener(
    (record) => openAs(openingKey(keys, side), nonceOf(count++), record),
    (content) => {
      const text = parse(content)
      return text === undefined ? text : new TextDecoder().decode(content.subarray(1))
    },
  )
