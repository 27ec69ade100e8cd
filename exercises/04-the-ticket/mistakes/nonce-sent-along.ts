/** "A nonce must be random, and bob must know it." Where each key seals once, the nonce need not differ, so there is nothing to send. */
import { concat, hkdf, seal, sessionId, toBase64url, utf8 } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed'

const makeSenderinfo: MakeSenderinfo = (content, receiversToken, randomBytes) => {
  const salt = randomBytes(32)
  const header = concat(Uint8Array.of(0x01), sessionId(receiversToken), salt)
  const key = hkdf(receiversToken.reveal(), salt, 'symbolon/1 ticket')
  const nonce = randomBytes(12)
  return toBase64url(concat(header, nonce, seal(key, nonce, header, utf8(JSON.stringify(content)))))
}

export const answerUserinfo = answerWith(makeSenderinfo)
