/** "Nothing is said, so it is the end." Anyone can say nothing, and go on. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = "bob reads what alice's program said, to the last byte, and then that it was the end"

export const makeOpener: MakeOpener = (...all) => {
  const inner = right.makeOpener(...all)
  return { open: (record) => inner.open(record) || undefined, close: () => inner.close() }
}
