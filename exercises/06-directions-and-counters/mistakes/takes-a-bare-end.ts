/** "The end says nothing, so it need not be sealed." An attacker says it where it is wanted. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'
import { END } from './shared/halves.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'a conversation that was cut does not look whole, and after the end there is nothing'

export const makeOpener: MakeOpener = (...all) => {
  const inner = right.makeOpener(...all)
  let hasEnded = false
  return {
    open(record) {
      if (!hasEnded && record.length === 1 && record[0] === END) {
        hasEnded = true
        return undefined
      }
      return inner.open(record)
    },
    close() {
      if (!hasEnded) inner.close()
    },
  }
}
