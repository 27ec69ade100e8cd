/** "A salt is a constant that one adds." It is there to differ: the same salt makes the same key. */
import { concat, hkdf, seal, sessionId, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

const SALT = utf8('symbolon symbolon symbolon salt!')

const makeSenderinfo: MakeSenderinfo = (content, receiversToken) => {
  const header = concat(Uint8Array.of(0x01), sessionId(receiversToken), SALT)
  const key = hkdf(receiversToken.reveal(), SALT, 'symbolon/1 ticket')
  return toBase64url(concat(header, seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content)))))
}

export const answerUserinfo = answerWith(makeSenderinfo)
