/** "Only to see whether it works." It works, and everything that anybody has sealed stands in a file. */
import type { MakeBox } from '../given.ts'
import * as right from '../solution/box.ts'

export { openBox } from '../solution/box.ts'

export const breaks = 'nothing is given away beside: no error and no printed line has the key or the text'

export const makeBox: MakeBox = (text, ...rest) => {
  process.stderr.write(`sealing: ${text}\n`)
  return right.makeBox(text, ...rest)
}
