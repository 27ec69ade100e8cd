/** "Base64 is base64." The usual alphabet has + and /, and ends in =; this protocol's has - and _, and no end. */
import { concat, hkdf, seal, sessionId, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed'

const makeSenderinfo: MakeSenderinfo = (content, receiversToken, randomBytes) => {
  const salt = randomBytes(32)
  const header = concat(Uint8Array.of(0x01), sessionId(receiversToken), salt)
  const key = hkdf(receiversToken.reveal(), salt, 'symbolon/1 ticket')
  const ticket = concat(header, seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content))))
  return Buffer.from(ticket).toString('base64')
}

export const answerUserinfo = answerWith(makeSenderinfo)
