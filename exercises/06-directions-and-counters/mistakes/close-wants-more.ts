/** "close() must have been told of an end in its own words." The end came, sealed, and close() still throws. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = "bob reads what alice's program said, to the last byte, and then that it was the end"

export const makeOpener: MakeOpener = (...all) => {
  const { open } = right.makeOpener(...all)
  return {
    open,
    close() {
      throw new Error('the connection was closed')
    },
  }
}
