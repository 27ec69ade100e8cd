/** "Spaces at the ends are not meant." Bob decides what alice meant. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = "bob reads what alice's program said, to the last byte, and then that it was the end"

export const makeOpener: MakeOpener = (...all) => {
  const inner = right.makeOpener(...all)
  return { open: (record) => inner.open(record)?.trim(), close: () => inner.close() }
}
