/** "I return what there is to know: type and text." The caller expects the text. */
import type { MakeOpener } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeSealer } from '../solution/records.ts'

export const breaks = "bob reads what alice's program said, to the last byte, and then that it was the end"

export const makeOpener = (...all: Parameters<MakeOpener>) => {
  const inner = right.makeOpener(...all)
  const open = (record: Uint8Array) => {
    const text = inner.open(record)
    return { type: text === undefined ? 'end' : 'message', text }
  }
  return { open, close: () => inner.close() }
}
