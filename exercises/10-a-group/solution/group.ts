/**
 * Exercise 10, solved: a group that changes.
 *
 * @module
 */
import { concat, fromUtf8, open, type RandomBytes, seal, utf8 } from 'symbolon/protocol'
import type { Change, Commit, Member, Message, Owner } from '../given.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12

export function add(owner: Owner, name: string, pairKey: Uint8Array, randomBytes: RandomBytes): Change {
  if (name === owner.name || Object.hasOwn(owner.members, name))
    throw new Error(`${name} is in the group already`)
  return change(owner, { ...owner.members, [name]: pairKey }, randomBytes)
}

export function remove(owner: Owner, name: string, randomBytes: RandomBytes): Change {
  if (!Object.hasOwn(owner.members, name)) throw new Error(`${name} is not in the group`)
  const { [name]: _, ...members } = owner.members
  return change(owner, members, randomBytes)
}

/** Every change has a key that comes from nothing before it. */
function change(owner: Owner, members: Owner['members'], randomBytes: RandomBytes): Change {
  const key = randomBytes(KEY_BYTES)
  const epoch = owner.epoch + 1
  const boxes = Object.entries(members).map(([name, pairKey]) => {
    return [name, box(pairKey, `commit ${epoch} ${name}`, key, randomBytes)]
  })
  // Written out: nothing of the owner's old key, nor of one who has gone, is left in it.
  const after = { name: owner.name, epoch, key, members }
  return { owner: after, commit: { epoch, boxes: Object.fromEntries(boxes) } }
}

export function follow(name: string, pairKey: Uint8Array, commit: Commit, before?: Member): Member {
  // An old commit opens as well as when it was new. Who goes back to it speaks under a key that others may have.
  if (before && commit.epoch <= before.epoch) throw new Error('this commit is not newer than what I know')
  const own = Object.hasOwn(commit.boxes, name) ? commit.boxes[name] : undefined
  if (!own) throw new Error('this commit is not for me')
  const key = unbox(pairKey, `commit ${commit.epoch} ${name}`, own)
  return { name, epoch: commit.epoch, key }
}

export function send({ name, epoch, key }: Member, text: string, randomBytes: RandomBytes): Message {
  return { epoch, from: name, box: box(key, `message ${epoch} ${name}`, utf8(text), randomBytes) }
}

export function read({ epoch, key }: Member, message: Message): string {
  if (message.epoch !== epoch) throw new Error('this message is of another epoch')
  return fromUtf8(unbox(key, `message ${epoch} ${message.from}`, message.box))
}

function box(key: Uint8Array, label: string, content: Uint8Array, randomBytes: RandomBytes): Uint8Array {
  // All members seal under one key, and none knows how often the others did: so not a counter.
  const nonce = randomBytes(NONCE_BYTES)
  return concat(nonce, seal(key, nonce, utf8(label), content))
}

function unbox(key: Uint8Array, label: string, sealed: Uint8Array): Uint8Array {
  if (sealed.length < NONCE_BYTES) throw new Error('this is no box')
  return open(key, sealed.subarray(0, NONCE_BYTES), utf8(label), sealed.subarray(NONCE_BYTES))
}
