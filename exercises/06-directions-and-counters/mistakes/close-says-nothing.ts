/** "The connection is closed, so it was the end." An attacker closes it where the sense is another. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'a conversation that was cut does not look whole, and after the end there is nothing'

export const makeOpener: MakeOpener = (...all) => {
  const inner = right.makeOpener(...all)
  let hasFailed = false
  return {
    open(record) {
      try {
        return inner.open(record)
      } catch (error) {
        hasFailed = true
        throw error
      }
    },
    close() {
      if (hasFailed) inner.close()
    },
  }
}
