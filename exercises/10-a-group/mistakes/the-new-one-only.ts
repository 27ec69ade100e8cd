/** "The others have a key already." They have the old one. */
import type { Add } from '../given.ts'
import * as right from '../solution/group.ts'

export { follow, read, remove, send } from '../solution/group.ts'

export const breaks = 'a change makes a new epoch, and a commit with a box for each who is in the group then'

export const add: Add = (owner, name, pairKey, randomBytes) => {
  const { owner: after, commit } = right.add(owner, name, pairKey, randomBytes)
  const { [name]: box = new Uint8Array() } = commit.boxes
  return { owner: after, commit: { ...commit, boxes: { [name]: box } } }
}
