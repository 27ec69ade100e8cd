/** "Too short to be a record: thrown, and forgotten." The rule has no exceptions, or attackers find more of them. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'after one failure the channel is over, for ever'

export const makeOpener: MakeOpener = (...all) => {
  const inner = right.makeOpener(...all)
  return {
    open(record) {
      if (record.length < 17) throw new Error('too short for a record')
      return inner.open(record)
    },
    close: () => inner.close(),
  }
}
