/** "Erin's key is the one she has now." That is the epoch key: with the next change her box opens under nothing that she has. */
import type { Add } from '../given.ts'
import * as right from '../solution/group.ts'

export { follow, read, remove, send } from '../solution/group.ts'

export const breaks = "a box opens under its member's pair key, and holds the owner's new key"

export const add: Add = (owner, name, pairKey, randomBytes) => {
  const { owner: after, commit } = right.add(owner, name, pairKey, randomBytes)
  return { owner: { ...after, members: { ...after.members, [name]: after.key } }, commit }
}
