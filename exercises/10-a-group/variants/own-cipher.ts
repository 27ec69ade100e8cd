/** With Node's cipher, all nonces drawn first, the key last, one nonce for all boxes of a commit, and errors of its own. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Add, Follow, Owner, Read, Remove, Send } from '../given.ts'

class GroupError extends Error {
  override readonly name = 'GroupError'
}

const TAG = { authTagLength: 16 }

function close(key: Uint8Array, nonce: Uint8Array, label: string, content: Uint8Array): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, TAG)
  cipher.setAAD(Buffer.from(label), { plaintextLength: content.length })
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

function reveal(key: Uint8Array, label: string, sealed: Uint8Array | undefined): Buffer {
  try {
    if (!sealed || sealed.length < 28) throw new GroupError('no box')
    const cipher = createDecipheriv('chacha20-poly1305', key, sealed.subarray(0, 12), TAG)
    cipher.setAAD(Buffer.from(label), { plaintextLength: sealed.length - 28 })
    cipher.setAuthTag(sealed.subarray(-16))
    return Buffer.concat([cipher.update(sealed.subarray(12, -16)), cipher.final()])
  } catch {
    throw new GroupError('refused')
  }
}

function next(owner: Owner, members: Map<string, Uint8Array>, random: (length: number) => Uint8Array) {
  const nonce = random(12)
  random(5)
  const key = random(32).reverse()
  const epoch = 1 + owner.epoch
  const boxes: Record<string, Uint8Array> = {}
  for (const [name, pairKey] of [...members].reverse())
    boxes[name] = close(pairKey, nonce, `commit ${epoch} ${name}`, key)
  return {
    commit: { boxes, epoch },
    owner: { members: Object.fromEntries(members), key, epoch, name: owner.name },
  }
}

export const add: Add = (owner, name, pairKey, randomBytes) => {
  const members = new Map(Object.entries(owner.members))
  if (members.has(name) || name === owner.name) throw new GroupError('already here')
  return next(owner, members.set(name, pairKey), randomBytes)
}

export const remove: Remove = (owner, name, randomBytes) => {
  const members = new Map(Object.entries(owner.members))
  if (!members.delete(name)) throw new GroupError('not here')
  return next(owner, members, randomBytes)
}

export const follow: Follow = (name, pairKey, { boxes, epoch }, before) => {
  const key = reveal(pairKey, `commit ${epoch} ${name}`, new Map(Object.entries(boxes)).get(name))
  if (before !== undefined && before.epoch >= epoch) throw new GroupError('old')
  return { key, epoch, name }
}

export const send: Send = (member, text, randomBytes) => ({
  box: close(member.key, randomBytes(12), `message ${member.epoch} ${member.name}`, Buffer.from(text)),
  from: member.name,
  epoch: member.epoch,
})

export const read: Read = (member, message) =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
    reveal(
      member.key,
      `message ${member.epoch === message.epoch ? member.epoch : 'other'} ${message.from}`,
      message.box,
    ),
  )
