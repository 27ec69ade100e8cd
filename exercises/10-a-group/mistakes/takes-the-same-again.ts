/** "Not older: that is what was asked." The same number with another key splits the group. */
import type { Follow } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, read, remove, send } from '../solution/group.ts'

export const breaks = 'an old commit, one that was changed, and one for others are refused'

export const follow: Follow = (name, pairKey, commit, before) => {
  if (before && commit.epoch < before.epoch) throw new Error('this commit is old')
  return right.follow(name, pairKey, commit)
}
