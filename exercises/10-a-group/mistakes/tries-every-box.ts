/** "Names may be mistyped, so I try all boxes." What stands under bob's name is not for carol, whoever has put it there. */
import type { Follow } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, read, remove, send } from '../solution/group.ts'

export const breaks = 'an old commit, one that was changed, and one for others are refused'

export const follow: Follow = (name, pairKey, commit, before) => {
  for (const box of Object.values(commit.boxes)) {
    try {
      return right.follow(name, pairKey, { ...commit, boxes: { [name]: box } }, before)
    } catch {
      // The next, then.
    }
  }
  throw new Error('this commit is not for me')
}
