/** "Each pair has a salt of its own, so each pair a key." Their second ticket has the key of the first. */
import { concat, hkdf, seal, sessionId, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

const salts = new Map<string, Uint8Array>()

const makeSenderinfo: MakeSenderinfo = (content, receiversToken, randomBytes) => {
  const pair = `${content.username} ${content.receiver}`
  const salt = salts.get(pair) ?? randomBytes(32)
  salts.set(pair, salt)
  const header = concat(Uint8Array.of(0x01), sessionId(receiversToken), salt)
  const key = hkdf(receiversToken.reveal(), salt, 'symbolon/1 ticket')
  return toBase64url(concat(header, seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content)))))
}

export const answerUserinfo = answerWith(makeSenderinfo)
