/** "The epoch is mine anyway, so I do not look at theirs." A number that was changed is not noticed. */
import type { Read } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, remove, send } from '../solution/group.ts'

export const breaks = 'a message that was changed, or is of another epoch, is not read'

export const read: Read = (member, message) => right.read(member, { ...message, epoch: member.epoch })
