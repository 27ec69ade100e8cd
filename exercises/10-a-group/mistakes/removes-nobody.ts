/** "If there is no such member there is nothing to do." Alice has mistyped the name, and believes that bob is out. */
import type { Remove } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, read, send } from '../solution/group.ts'

export const breaks = 'a change makes a new epoch, and a commit with a box for each who is in the group then'

export const remove: Remove = (owner, name, randomBytes) => {
  if (name in owner.members) return right.remove(owner, name, randomBytes)
  return { owner, commit: { epoch: owner.epoch, boxes: {} } }
}
