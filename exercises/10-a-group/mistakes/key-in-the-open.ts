/** "The members must get the key, so it stands in the box." A box is closed. */
import type { Add, Change, Remove } from '../given.ts'
import * as right from '../solution/group.ts'

export { follow, read, send } from '../solution/group.ts'

export const breaks = 'a change makes a new epoch, and a commit with a box for each who is in the group then'

const opened = ({ owner, commit }: Change): Change => ({
  owner,
  commit: {
    ...commit,
    boxes: Object.fromEntries(Object.keys(commit.boxes).map((name) => [name, owner.key])),
  },
})

export const add: Add = (...all) => opened(right.add(...all))
export const remove: Remove = (...all) => opened(right.remove(...all))
