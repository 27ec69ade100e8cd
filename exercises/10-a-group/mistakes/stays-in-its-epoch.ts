/** "The epoch is the owner's business." The next message has the wrong number. */
import type { Follow } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, read, remove, send } from '../solution/group.ts'

export const breaks = 'a member follows a commit into the new epoch'

export const follow: Follow = (name, pairKey, commit, before) => {
  const after = right.follow(name, pairKey, commit, before)
  return { ...after, epoch: before?.epoch ?? after.epoch }
}
