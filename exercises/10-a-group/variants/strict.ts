/** Asynchronous, takes commits in order only, and makes the key of 64 random bytes with HKDF. */
import { concat, EMPTY, fromUtf8, hkdf, open, type RandomBytes, seal, utf8 } from 'symbolon/protocol'
import type { Change, Commit, Member, Message, Owner } from '../given.ts'

class Group {
  readonly #owner: Owner

  constructor(owner: Owner) {
    this.#owner = owner
  }

  with(members: Owner['members'], randomBytes: RandomBytes): Change {
    const { name, epoch } = this.#owner
    const key = hkdf(concat(randomBytes(32), randomBytes(32)), EMPTY, 'a key', 32)
    const commit: { epoch: number; boxes: Record<string, Uint8Array> } = { epoch: epoch + 1, boxes: {} }
    for (const member of Object.keys(members).sort()) {
      const nonce = randomBytes(12)
      const label = utf8(`commit ${epoch + 1} ${member}`)
      commit.boxes[member] = concat(nonce, seal(members[member] as Uint8Array, nonce, label, key))
    }
    return { commit, owner: { name, epoch: epoch + 1, key, members } }
  }
}

export async function add(owner: Owner, name: string, pairKey: Uint8Array, randomBytes: RandomBytes) {
  if ([owner.name, ...Object.keys(owner.members)].includes(name)) throw new TypeError('twice')
  return new Group(owner).with({ [name]: pairKey, ...owner.members }, randomBytes)
}

export async function remove(owner: Owner, name: string, randomBytes: RandomBytes) {
  const rest = Object.entries(owner.members).filter(([member]) => member !== name)
  if (rest.length === Object.keys(owner.members).length) throw new TypeError('unknown')
  return new Group(owner).with(Object.fromEntries(rest), randomBytes)
}

export async function follow(name: string, pairKey: Uint8Array, commit: Commit, before?: Member) {
  if (before && commit.epoch !== before.epoch + 1) throw new RangeError('out of order')
  const own = commit.boxes[name]
  if (!own) throw new RangeError('no box')
  const key = open(pairKey, own.slice(0, 12), utf8(`commit ${commit.epoch} ${name}`), own.slice(12))
  if (key.length !== 32) throw new RangeError('no key')
  return { name, epoch: commit.epoch, key }
}

export async function send(member: Member, text: string, randomBytes: RandomBytes): Promise<Message> {
  const nonce = randomBytes(12)
  const label = utf8(`message ${member.epoch} ${member.name}`)
  return {
    epoch: member.epoch,
    from: member.name,
    box: concat(nonce, seal(member.key, nonce, label, utf8(text))),
  }
}

export async function read(member: Member, { epoch, from, box }: Message) {
  if (epoch !== member.epoch) throw new RangeError('another epoch')
  return fromUtf8(open(member.key, box.slice(0, 12), utf8(`message ${epoch} ${from}`), box.slice(12)))
}
