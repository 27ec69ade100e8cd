/** "The one who calls should know which text was not sent." The caller knows; the log need not. */
import type { MakeSealer } from '../given.ts'
import * as right from '../solution/records.ts'

export { makeOpener } from '../solution/records.ts'

export const breaks = 'nothing is given away beside: no error and no printed line has a key or a text'

export const makeSealer: MakeSealer = (...all) => {
  const inner = right.makeSealer(...all)
  return {
    seal(text) {
      try {
        return inner.seal(text)
      } catch {
        throw new Error(`not sent: ${text}`)
      }
    },
    end: () => inner.end(),
  }
}
