/** "Base64 makes it unreadable." For people, for a moment. */
import { concat, sessionId, toBase64url, utf8 } from 'symbolon/protocol'
import type { MakeSenderinfo } from '../given.ts'
import { answerWith } from './shared/answer.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

const makeSenderinfo: MakeSenderinfo = (content, receiversToken, randomBytes) => {
  const header = concat(Uint8Array.of(0x01), sessionId(receiversToken), randomBytes(32))
  return toBase64url(concat(header, utf8(JSON.stringify(content))))
}

export const answerUserinfo = answerWith(makeSenderinfo)
