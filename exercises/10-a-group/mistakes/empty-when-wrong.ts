/** "I do not want it to crash." The reader believes that carol has said nothing. */
import type { Read } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, remove, send } from '../solution/group.ts'

export const breaks = 'a message that was changed, or is of another epoch, is not read'

export const read: Read = (...all) => {
  try {
    return right.read(...all)
  } catch {
    return ''
  }
}
