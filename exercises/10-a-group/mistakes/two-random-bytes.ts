/** "The rest is filled up." There are 65,536 such keys. */
import { concat, EMPTY, hkdf, type RandomBytes, seal, utf8 } from 'symbolon/protocol'
import type { Add, Change, Owner, Remove } from '../given.ts'
import * as right from '../solution/group.ts'

export { follow, read, send } from '../solution/group.ts'

export const breaks = 'every change makes a key of 32 random bytes that nobody has seen'

function change(owner: Owner, members: Owner['members'], randomBytes: RandomBytes): Change {
  const epoch = owner.epoch + 1
  const key = hkdf(randomBytes(2), EMPTY, 'epoch key', 32)
  const boxes = Object.entries(members).map(([name, pairKey]) => [
    name,
    box(pairKey, `commit ${epoch} ${name}`, key, randomBytes),
  ])
  return {
    owner: { name: owner.name, epoch, key, members },
    commit: { epoch, boxes: Object.fromEntries(boxes) },
  }
}

function box(key: Uint8Array, label: string, content: Uint8Array, randomBytes: RandomBytes): Uint8Array {
  const nonce = randomBytes(12)
  return concat(nonce, seal(key, nonce, utf8(label), content))
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
