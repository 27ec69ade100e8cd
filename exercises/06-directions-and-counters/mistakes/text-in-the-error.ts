/** "A good error shows what was wrong." It shows the text to whoever reads the log. */
import type { MakeOpener } from '../given.ts'
import { nonceOf, openAs, opener, openingKey, parse } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'nothing is given away beside: no error and no printed line has a key or a text'

export const makeOpener: MakeOpener = (keys, side, count = 0) =>
  opener(
    (record) => openAs(openingKey(keys, side), nonceOf(count++), record),
    (content) => {
      try {
        return parse(content)
      } catch {
        throw new Error(`this is no record: ${Buffer.from(content)}`)
      }
    },
  )
