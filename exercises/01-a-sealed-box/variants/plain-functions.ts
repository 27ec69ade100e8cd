/** With two functions below, as the library has them, and a nonce that is written byte by byte. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { type RandomBytes, type Secret, utf8 } from 'symbolon/protocol'

export function makeBox(text: string, label: string, key: Secret, randomBytes: RandomBytes): Uint8Array {
  const sealed = seal(key.reveal(), randomBytes(12), utf8(label), utf8(text))
  return new Uint8Array(sealed)
}

export function openBox(box: Uint8Array, label: string, key: Secret): string {
  let plaintext: Uint8Array | undefined
  if (box.byteLength >= 28) plaintext = open(key.reveal(), box.slice(0, 12), utf8(label), box.slice(12))
  const text = Buffer.from(plaintext ?? []).toString()
  // What is no UTF-8 has become something else.
  if (!plaintext || Buffer.compare(Buffer.from(text), plaintext) !== 0) throw new TypeError('refused')
  return text
}

function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): number[] {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  cipher.setAAD(aad, { plaintextLength: plaintext.length })
  return [...nonce, ...cipher.update(plaintext), ...cipher.final(), ...cipher.getAuthTag()]
}

function open(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - 16
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  decipher.setAAD(aad, { plaintextLength: length }).setAuthTag(sealed.slice(length))
  try {
    return Buffer.from([...decipher.update(sealed.slice(0, length)), ...decipher.final()])
  } catch {
    return undefined
  }
}
