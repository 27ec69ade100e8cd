/** "0 means none." It is a blind, of which the request is 1. */
import type { BlindFor } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { crack, makeDoor } from '../solution/guessing.ts'

export const breaks = 'what is no number of the group is explained by no word'

export const blindFor: BlindFor = (request, word) => right.blindFor(request, word) ?? 0
