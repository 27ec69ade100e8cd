/** "Random bytes are random bytes: I draw some, once." Those of the nonce stand in the commit. */
import { concat, EMPTY, hkdf, type RandomBytes, seal, utf8 } from 'symbolon/protocol'
import type { Add, Change, Owner, Remove } from '../given.ts'
import * as right from '../solution/group.ts'

export { follow, read, send } from '../solution/group.ts'

export const breaks = 'every change makes a key of 32 random bytes that nobody has seen'

function change(owner: Owner, members: Owner['members'], randomBytes: RandomBytes): Change {
  const epoch = owner.epoch + 1
  const drawn = randomBytes(32)
  const key = hkdf(drawn, EMPTY, 'epoch key', 32)
  const nonce = drawn.slice(0, 12)
  const boxes = Object.entries(members).map(([name, pairKey]) => {
    return [name, concat(nonce, seal(pairKey, nonce, utf8(`commit ${epoch} ${name}`), key))]
  })
  return {
    owner: { name: owner.name, epoch, key, members },
    commit: { epoch, boxes: Object.fromEntries(boxes) },
  }
}

export const add: Add = (owner, name, pairKey, randomBytes) => {
  right.add(owner, name, pairKey, randomBytes)
  return change(owner, { ...owner.members, [name]: pairKey }, randomBytes)
}

export const remove: Remove = (owner, name, randomBytes) => {
  right.remove(owner, name, randomBytes)
  const { [name]: _, ...members } = owner.members
  return change(owner, members, randomBytes)
}
