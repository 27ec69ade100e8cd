/** With an error class of its own, one cipher for both directions, and more randomness drawn than is used. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { MakeBox, OpenBox } from '../given.ts'

class BoxError extends Error {
  override readonly name = 'BoxError'
  readonly code = 'refused'
}

const OPTIONS = { authTagLength: 16 }

export const makeBox: MakeBox = (text, label, key, randomBytes) => {
  randomBytes(3)
  const nonce = Buffer.concat([randomBytes(4), randomBytes(8)]).reverse()
  const cipher = createCipheriv('chacha20-poly1305', key.reveal(), nonce, OPTIONS)
  cipher.setAAD(Buffer.from(label), { plaintextLength: Buffer.byteLength(text) })
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

export const openBox: OpenBox = (box, label, key) => {
  if (box.length < 28) throw new BoxError('no')
  const all = Buffer.from(box)
  const decipher = createDecipheriv('chacha20-poly1305', key.reveal(), all.subarray(0, 12), OPTIONS)
  decipher.setAuthTag(all.subarray(all.length - 16))
  decipher.setAAD(Buffer.from(label), { plaintextLength: all.length - 28 })
  const parts = [decipher.update(all.subarray(12, all.length - 16))]
  try {
    parts.push(decipher.final())
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
  } catch {
    throw new BoxError('no')
  }
}
