/** Classes that are frozen, boxes on an object without a prototype, the nonces drawn after the key and hashed, and keys wiped after use. */
import { createHash } from 'node:crypto'
import { concat, fromUtf8, open, type RandomBytes, seal, utf8 } from 'symbolon/protocol'
import type { Change, Commit, Member, Message, Owner } from '../given.ts'

class Someone implements Member {
  readonly name: string
  readonly epoch: number
  readonly key: Uint8Array

  constructor(name: string, epoch: number, key: Uint8Array) {
    this.name = name
    this.epoch = epoch
    this.key = Uint8Array.from(key)
  }
}

class TheOwner extends Someone implements Owner {
  readonly members: Readonly<Record<string, Uint8Array>>

  constructor(name: string, epoch: number, key: Uint8Array, members: Iterable<[string, Uint8Array]>) {
    super(name, epoch, key)
    this.members = Object.freeze(Object.fromEntries(members))
    Object.freeze(this)
  }
}

class Refused extends Error {}

const nonceFrom = (randomBytes: RandomBytes) =>
  Uint8Array.from(createHash('sha256').update(randomBytes(24)).digest()).slice(0, 12)

function put(key: Uint8Array, words: readonly unknown[], content: Uint8Array, randomBytes: RandomBytes) {
  const nonce = nonceFrom(randomBytes)
  return concat(nonce, seal(key, nonce, utf8(words.join(' ')), content))
}

function take(key: Uint8Array, words: readonly unknown[], box: Uint8Array | undefined): Uint8Array {
  if (box === undefined || box.length < 12 + 16) throw new Refused('no box')
  try {
    return open(key, box.subarray(0, 12), utf8(words.join(' ')), box.subarray(12))
  } catch {
    throw new Refused('another box')
  }
}

function changed(before: Owner, members: [string, Uint8Array][], randomBytes: RandomBytes): Change {
  const key = randomBytes(32)
  const epoch = before.epoch + 1
  const boxes: Record<string, Uint8Array> = Object.create(null)
  for (const [name, pairKey] of members) boxes[name] = put(pairKey, ['commit', epoch, name], key, randomBytes)
  const owner = new TheOwner(before.name, epoch, key, members)
  key.fill(0)
  return Object.freeze({ owner, commit: Object.freeze({ epoch, boxes }) })
}

export function add(owner: Owner, name: string, pairKey: Uint8Array, randomBytes: RandomBytes): Change {
  const members = Object.entries(owner.members)
  if (owner.name === name || members.some(([other]) => other === name)) throw new Refused('here')
  return changed(owner, [...members, [name, Uint8Array.from(pairKey)]], randomBytes)
}

export function remove(owner: Owner, name: string, randomBytes: RandomBytes): Change {
  const members = Object.entries(owner.members)
  const at = members.findIndex(([other]) => other === name)
  if (at < 0) throw new Refused('not here')
  return changed(owner, members.toSpliced(at, 1), randomBytes)
}

export function follow(name: string, pairKey: Uint8Array, commit: Commit, before?: Member): Someone {
  if (!(commit.epoch > (before?.epoch ?? Number.NEGATIVE_INFINITY))) throw new Refused('old')
  const box = Object.entries(commit.boxes).find(([whose]) => whose === name)?.[1]
  return new Someone(name, commit.epoch, take(pairKey, ['commit', commit.epoch, name], box))
}

export function send(member: Member, text: string, randomBytes: RandomBytes): Message {
  const { name: from, epoch, key } = member
  return { box: put(key, ['message', epoch, from], utf8(text), randomBytes), from, epoch }
}

export function read(member: Member, { from, epoch, box }: Message): string {
  if (epoch !== member.epoch) throw new Refused('another time')
  return fromUtf8(take(member.key, ['message', epoch, from], box))
}
