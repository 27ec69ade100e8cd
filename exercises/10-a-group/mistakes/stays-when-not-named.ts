/** "No box for me: nothing has changed for me." It has: she is out, and goes on to speak under the old key. */
import type { Follow } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, read, remove, send } from '../solution/group.ts'

export const breaks = 'an old commit, one that was changed, and one for others are refused'

export const follow: Follow = (name, pairKey, commit, before) => {
  if (before && !(name in commit.boxes)) return before
  return right.follow(name, pairKey, commit, before)
}
