/** "I have a key." Of the epoch before. */
import type { Follow } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, read, remove, send } from '../solution/group.ts'

export const breaks = 'a member follows a commit into the new epoch'

export const follow: Follow = (name, pairKey, commit, before) => {
  const after = right.follow(name, pairKey, commit, before)
  return before ? { ...after, key: before.key } : after
}
