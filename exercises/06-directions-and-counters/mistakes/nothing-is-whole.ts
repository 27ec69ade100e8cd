/** "Nothing came, so nothing was cut." Alice has said something, and bob takes her for silent. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = 'a conversation that was cut does not look whole, and after the end there is nothing'

export const makeOpener: MakeOpener = (...all) => {
  const inner = right.makeOpener(...all)
  let came = 0
  return {
    open(record) {
      came++
      return inner.open(record)
    },
    close() {
      if (came > 0) inner.close()
    },
  }
}
