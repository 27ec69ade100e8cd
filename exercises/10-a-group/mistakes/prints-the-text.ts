/** "To see who says what." The log reads along. */
import type { Read } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, remove, send } from '../solution/group.ts'

export const breaks = 'nothing secret is printed, or stands in an error'

export const read: Read = (...all) => {
  const text = right.read(...all)
  // biome-ignore lint/suspicious/noConsole: this is what is wrong with it.
  console.log('read', text)
  return text
}
