/** "Perhaps a late message comes." Whoever steals the program's memory reads all that was recorded. */
import type { Follow } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, read, remove, send } from '../solution/group.ts'

export const breaks = 'what is over is forgotten: no old key is kept'

export const follow: Follow = (name, pairKey, commit, before) => {
  const after = right.follow(name, pairKey, commit, before)
  return { ...after, ...(before && { before }) }
}
