/**
 * Exercise 01, solved: a box that only one key opens.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { concat, fromUtf8, type RandomBytes, type Secret, utf8 } from 'symbolon/protocol'

const ALGORITHM = 'chacha20-poly1305'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Seals a text: nonce || ciphertext || tag. */
export function makeBox(text: string, label: string, key: Secret, randomBytes: RandomBytes): Uint8Array {
  const plaintext = utf8(text)
  // Drawn here, for this box alone: the same key and the same nonce would make the same stream again.
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key.reveal(), nonce, { authTagLength: TAG_BYTES })
  // The label is not in the box. It goes into the tag, so that the box opens under this label only.
  cipher.setAAD(utf8(label), { plaintextLength: plaintext.length })
  const ciphertext = concat(cipher.update(plaintext), cipher.final())
  return concat(nonce, ciphertext, cipher.getAuthTag())
}

/** Opens a box, or throws: the same error, whatever is wrong. */
export function openBox(box: Uint8Array, label: string, key: Secret): string {
  try {
    const nonce = box.subarray(0, NONCE_BYTES)
    const ciphertext = box.subarray(NONCE_BYTES, -TAG_BYTES)
    const decipher = createDecipheriv(ALGORITHM, key.reveal(), nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(utf8(label), { plaintextLength: ciphertext.length })
    decipher.setAuthTag(box.subarray(-TAG_BYTES))
    // update() gives text before anything has been checked. Only when final() has not thrown may it be looked at.
    const plaintext = concat(decipher.update(ciphertext), decipher.final())
    return fromUtf8(plaintext)
  } catch {
    throw new Error('this box does not open')
  }
}
