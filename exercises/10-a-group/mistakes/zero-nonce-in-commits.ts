/** "The content is random, so the nonce need not be." The pair key seals again with the next change. */
import { concat, type RandomBytes, seal, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { Add, Change, Owner, Remove } from '../given.ts'
import * as right from '../solution/group.ts'

export { follow, read, send } from '../solution/group.ts'

export const breaks = 'no nonce comes twice under one key, whoever seals'

function change(owner: Owner, members: Owner['members'], randomBytes: RandomBytes): Change {
  const epoch = owner.epoch + 1
  const key = randomBytes(32)
  const boxes = Object.entries(members).map(([name, pairKey]) => {
    return [name, concat(ZERO_NONCE, seal(pairKey, ZERO_NONCE, utf8(`commit ${epoch} ${name}`), key))]
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
