/** "First into the range." A number that is not in it was sent by nobody who follows the protocol. */
import type { BlindFor } from '../given.ts'
import * as right from '../solution/guessing.ts'
import { P } from '../solution/guessing.ts'

export { crack, makeDoor } from '../solution/guessing.ts'

export const breaks = 'what is no number of the group is explained by no word'

export const blindFor: BlindFor = (request, word) => right.blindFor(((request % P) + P) % P, word)
