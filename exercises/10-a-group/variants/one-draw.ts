/** All randomness of a change in one draw, cut up from its end; boxes put together in one buffer; everything in one table of functions. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { RandomBytes } from 'symbolon/protocol'
import type { Commit, Member, Message, Owner } from '../given.ts'

const NAME = 'chacha20-poly1305'
const [NONCE, TAG, KEY] = [12, 16, 32]

const label = (kind: string, epoch: number, who: string) => Buffer.from(`${kind} ${epoch} ${who}`)

function sealInto(
  into: Buffer,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Buffer,
  content: Uint8Array,
): Buffer {
  const cipher = createCipheriv(NAME, key, nonce, { authTagLength: TAG })
  cipher.setAAD(aad, { plaintextLength: content.length })
  into.set(nonce)
  into.set(cipher.update(content), NONCE)
  cipher.final()
  into.set(cipher.getAuthTag(), NONCE + content.length)
  return into
}

function opened(key: Uint8Array, aad: Buffer, box: Uint8Array): Buffer {
  if (box.length < NONCE + TAG) throw new Error('refused')
  const bytes = Buffer.from(box)
  const cipher = createDecipheriv(NAME, key, bytes.subarray(0, NONCE), { authTagLength: TAG })
  cipher.setAAD(aad, { plaintextLength: bytes.length - NONCE - TAG })
  cipher.setAuthTag(bytes.subarray(-TAG))
  try {
    return Buffer.concat([cipher.update(bytes.subarray(NONCE, -TAG)), cipher.final()])
  } catch {
    throw new Error('refused')
  }
}

function change(owner: Owner, members: ReadonlyMap<string, Uint8Array>, randomBytes: RandomBytes) {
  const drawn = Buffer.from(randomBytes(KEY + NONCE * members.size))
  const [key, epoch, size] = [drawn.subarray(NONCE * members.size), owner.epoch + 1, NONCE + KEY + TAG]
  const all = Buffer.alloc(size * members.size)
  const boxes = [...members].map(([who, pairKey], i) => {
    const nonce = drawn.subarray(NONCE * i, NONCE * (i + 1))
    const into = all.subarray(size * i, size * (i + 1))
    return [who, sealInto(into, pairKey, nonce, label('commit', epoch, who), key)] as const
  })
  return {
    owner: { ...owner, epoch, key, members: Object.fromEntries(members) },
    commit: { epoch, boxes: Object.fromEntries(boxes) },
  }
}

const table = {
  add(owner: Owner, name: string, pairKey: Uint8Array, randomBytes: RandomBytes) {
    const members = new Map(Object.entries(owner.members))
    if (members.has(name) || owner.name === name) throw new Error(`${name} twice`)
    return change(owner, members.set(name, pairKey), randomBytes)
  },
  remove(owner: Owner, name: string, randomBytes: RandomBytes) {
    const members = new Map(Object.entries(owner.members))
    if (!members.delete(name)) throw new Error(`${name} is away`)
    return change(owner, members, randomBytes)
  },
  follow(name: string, pairKey: Uint8Array, { epoch, boxes }: Commit, before?: Member): Member {
    if (before !== undefined && epoch - before.epoch < 1) throw new Error('refused')
    const { [name]: box } = { ...boxes }
    if (!(box instanceof Uint8Array)) throw new Error('refused')
    const key = Uint8Array.from(opened(pairKey, label('commit', epoch, name), box))
    return { epoch, key, name }
  },
  send({ name, epoch, key }: Member, text: string, randomBytes: RandomBytes): Message {
    const content = Buffer.from(text, 'utf8')
    const into = Buffer.alloc(NONCE + content.length + TAG)
    return {
      from: name,
      box: sealInto(into, key, randomBytes(NONCE), label('message', epoch, name), content),
      epoch,
    }
  },
  read({ epoch, key }: Member, message: Message): string {
    if (message.epoch !== epoch) throw new Error('refused')
    const bytes = opened(key, label('message', epoch, message.from), message.box)
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  },
}

export const { add, remove, follow, send, read } = table
