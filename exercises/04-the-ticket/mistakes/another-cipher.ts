/** "AES is AES, and everybody has it." As good as ChaCha20-Poly1305, and another one. Both sides must do the same. */
import { createCipheriv } from 'node:crypto'
import { concat, hkdf, sessionId, toBase64url, ZERO_NONCE } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

const makeSenderinfo: MakeSenderinfo = (content, receiversToken, randomBytes) => {
  const salt = randomBytes(32)
  const header = concat(Uint8Array.of(0x01), sessionId(receiversToken), salt)
  const key = hkdf(receiversToken.reveal(), salt, 'symbolon/1 ticket')
  const cipher = createCipheriv('aes-256-gcm', key, ZERO_NONCE).setAAD(header)
  const sealed = concat(cipher.update(JSON.stringify(content), 'utf8'), cipher.final(), cipher.getAuthTag())
  return toBase64url(concat(header, sealed))
}

export const answerUserinfo = answerWith(makeSenderinfo)
