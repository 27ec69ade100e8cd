/** "The header is not secret, so nothing is to be done about it." Not secret is not the same as not to be trusted. */
import { concat, EMPTY, hkdf, seal, sessionId, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = 'nobody can change the header without bob noticing'

const makeSenderinfo: MakeSenderinfo = (content, receiversToken, randomBytes) => {
  const salt = randomBytes(32)
  const header = concat(Uint8Array.of(0x01), sessionId(receiversToken), salt)
  const key = hkdf(receiversToken.reveal(), salt, 'symbolon/1 ticket')
  return toBase64url(concat(header, seal(key, ZERO_NONCE, EMPTY, utf8(JSON.stringify(content)))))
}

export const answerUserinfo = answerWith(makeSenderinfo)
