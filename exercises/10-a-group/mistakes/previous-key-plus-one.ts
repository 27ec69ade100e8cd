/** "Another key is another key." One that can be guessed from the last is the last. */
import { concat, type RandomBytes, seal, utf8 } from 'symbolon/protocol'
import type { Change, Owner, Remove } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, read, send } from '../solution/group.ts'

export const breaks = 'a removed member cannot read what is said afterwards'

function change(owner: Owner, members: Owner['members'], randomBytes: RandomBytes): Change {
  const epoch = owner.epoch + 1
  const key = owner.key.map((byte, i) => (i === 31 ? byte + 1 : byte))
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

export const remove: Remove = (owner, name, randomBytes) => {
  right.remove(owner, name, randomBytes)
  const { [name]: _, ...members } = owner.members
  return change(owner, members, randomBytes)
}
