/** "An error should say what was tried." It is in a log now. */
import type { Read } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, remove, send } from '../solution/group.ts'

export const breaks = 'nothing secret is printed, or stands in an error'

export const read: Read = (member, message) => {
  try {
    return right.read(member, message)
  } catch {
    throw new Error(`this does not open with ${Buffer.from(member.key).toString('hex')}`)
  }
}
