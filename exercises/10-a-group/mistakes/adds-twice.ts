/** "Whoever is there already is added once more." Mallory asks to be let in as bob, with a pair key of her own. */
import type { Add } from '../given.ts'
import * as right from '../solution/group.ts'

export { follow, read, remove, send } from '../solution/group.ts'

export const breaks = 'a change makes a new epoch, and a commit with a box for each who is in the group then'

export const add: Add = (owner, name, pairKey, randomBytes) => {
  const { [name]: _, ...members } = owner.members
  return right.add({ ...owner, members }, name, pairKey, randomBytes)
}
