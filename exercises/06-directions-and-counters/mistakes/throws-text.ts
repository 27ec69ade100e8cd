/** "An error is a sentence." Where `instanceof Error` is asked, this is none. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'what was changed or cut, or is no record, is refused'

export const makeOpener: MakeOpener = (...all) => {
  const inner = right.makeOpener(...all)
  return {
    open(record) {
      try {
        return inner.open(record)
      } catch {
        throw 'this record is bad'
      }
    },
    close: () => inner.close(),
  }
}
