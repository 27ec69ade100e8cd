/** "If it opens it is right." The number on it says whose word it is, and is not looked at. */
import type { Read } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, remove, send } from '../solution/group.ts'

export const breaks = 'a message that was changed, or is of another epoch, is not read'

export const read: Read = (member, message) => right.read({ ...member, epoch: message.epoch }, message)
