/** "open() has thrown already, so close() need not." The caller that asks close() hears that all is well. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'after one failure the channel is over, for ever'

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
      if (!hasFailed) inner.close()
    },
  }
}
