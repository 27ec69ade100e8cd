/** "It is encrypted, so nobody can change it." Whoever turns a bit round on the way turns it round in the text. */
import { concat, hkdf, seal, sessionId, TAG_BYTES, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

const makeSenderinfo: MakeSenderinfo = (content, receiversToken, randomBytes) => {
  const salt = randomBytes(32)
  const header = concat(Uint8Array.of(0x01), sessionId(receiversToken), salt)
  const key = hkdf(receiversToken.reveal(), salt, 'symbolon/1 ticket')
  const sealed = seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content)))
  return toBase64url(concat(header, sealed.subarray(0, -TAG_BYTES)))
}

export const answerUserinfo = answerWith(makeSenderinfo)
