/** "Only the right word can have made it." Every word can; that is what is to be found out. */
import type { BlindFor } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { crack, makeDoor } from '../solution/guessing.ts'

export const breaks = 'blindFor finds for every word the blind that makes an OPAQUE request of it'

export const blindFor: BlindFor = (request, word) =>
  word === 'sunshine' ? right.blindFor(request, word) : undefined
