/** "There is only one version." Until there are two, and nobody can tell which a ticket is. */
import { concat, hkdf, seal, sessionId, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed'

const makeSenderinfo: MakeSenderinfo = (content, receiversToken, randomBytes) => {
  const salt = randomBytes(32)
  const header = concat(sessionId(receiversToken), salt)
  const key = hkdf(receiversToken.reveal(), salt, 'symbolon/1 ticket')
  return toBase64url(concat(header, seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content)))))
}

export const answerUserinfo = answerWith(makeSenderinfo)
