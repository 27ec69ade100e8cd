/** "Spaces at the ends mean nothing." They were said. */
import type { Read } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, remove, send } from '../solution/group.ts'

export const breaks = 'what one member says the others read'

export const read: Read = (...all) => right.read(...all).trim()
