/** "The token is a key of 32 bytes, so it is the key." Of every ticket for bob, all under the same nonce. */
import { concat, seal, sessionId, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

const makeSenderinfo: MakeSenderinfo = (content, receiversToken, randomBytes) => {
  const salt = randomBytes(32)
  const header = concat(Uint8Array.of(0x01), sessionId(receiversToken), salt)
  const key = receiversToken.reveal()
  return toBase64url(concat(header, seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content)))))
}

export const answerUserinfo = answerWith(makeSenderinfo)
