/** "Nobody has gone, so the key can stay." Erin gets it, and with it all that was recorded of yesterday. */
import { concat, type RandomBytes, seal, utf8 } from 'symbolon/protocol'
import type { Add, Change, Owner } from '../given.ts'
import * as right from '../solution/group.ts'

export { follow, read, remove, send } from '../solution/group.ts'

export const breaks = 'a new member cannot read what was said before'

function change(owner: Owner, members: Owner['members'], randomBytes: RandomBytes): Change {
  const epoch = owner.epoch + 1
  const key = owner.key
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
