/** "An AEAD is an AEAD." AES-GCM is a good one, and another: bob's program uses ChaCha20-Poly1305. */
import { createCipheriv } from 'node:crypto'
import { concat, utf8 } from 'symbolon/protocol'
import type { MakeBox } from '../given.ts'

export { openBox } from '../solution/box.ts'

export const breaks = "bob's program opens the box with the same key"

export const makeBox: MakeBox = (text, label, key, randomBytes) => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key.reveal(), nonce)
  cipher.setAAD(utf8(label))
  return concat(nonce, cipher.update(utf8(text)), cipher.final(), cipher.getAuthTag())
}
