/** "Every é should be the same." Perhaps, but what is read is then not what was said. */
import type { Read } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, remove, send } from '../solution/group.ts'

export const breaks = 'what one member says the others read'

export const read: Read = (...all) => right.read(...all).normalize('NFC')
