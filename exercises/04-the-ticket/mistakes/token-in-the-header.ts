/** "The session id: the first 16 bytes of the token." Half of the key, in clear, on every ticket. */
import { concat, hkdf, seal, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = "the header names bob's session, and gives nothing of his token away"

const makeSenderinfo: MakeSenderinfo = (content, receiversToken, randomBytes) => {
  const salt = randomBytes(32)
  const sid = receiversToken.reveal().subarray(0, 16)
  const header = concat(Uint8Array.of(0x01), sid, salt)
  const key = hkdf(receiversToken.reveal(), salt, 'symbolon/1 ticket')
  return toBase64url(concat(header, seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content)))))
}

export const answerUserinfo = answerWith(makeSenderinfo)
