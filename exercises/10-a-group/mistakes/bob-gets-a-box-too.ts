/** "The box tells bob as well that the group has changed." It tells him the new key. */
import { concat, seal, utf8 } from 'symbolon/protocol'
import type { Remove } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, read, send } from '../solution/group.ts'

export const breaks = 'a change makes a new epoch, and a commit with a box for each who is in the group then'

export const remove: Remove = (owner, name, randomBytes) => {
  const removed = right.remove(owner, name, randomBytes)
  // Sealed for all who were in the group.
  const { commit, owner: after } = right.add(
    removed.owner,
    name,
    owner.members[name] as Uint8Array,
    randomBytes,
  )
  const epoch = owner.epoch + 1
  const boxes = Object.entries(after.members).map(([member, pairKey]) => {
    const nonce = randomBytes(12)
    return [member, concat(nonce, seal(pairKey, nonce, utf8(`commit ${epoch} ${member}`), after.key))]
  })
  return {
    owner: { ...removed.owner, key: after.key },
    commit: { ...commit, epoch, boxes: Object.fromEntries(boxes) },
  }
}
