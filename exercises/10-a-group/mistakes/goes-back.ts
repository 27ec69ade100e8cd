/** "A commit that opens is from alice." It is, of last week. */
import type { Follow } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, read, remove, send } from '../solution/group.ts'

export const breaks = 'an old commit, one that was changed, and one for others are refused'

export const follow: Follow = (name, pairKey, commit) => right.follow(name, pairKey, commit)
