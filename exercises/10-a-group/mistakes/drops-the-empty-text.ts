/** "Nothing was said." An empty text is a text, and somebody has sealed it. */
import type { Read } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, remove, send } from '../solution/group.ts'

export const breaks = 'what one member says the others read'

export const read: Read = (...all) => {
  const text = right.read(...all)
  if (text === '') throw new Error('this message is empty')
  return text
}
