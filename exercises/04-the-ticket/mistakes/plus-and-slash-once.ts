/** "Base64url is base64 with two characters replaced." `replace` with a text replaces the first of each only. */
import type { AnswerUserinfo } from '../given.ts'
import { makeSenderinfo } from '../solution/ticket.ts'
import { rightContent } from './shared/answer.ts'

export const breaks = 'alice and bob get the same secret, 32 bytes in base64url'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const base64 = Buffer.from(kdc.randomBytes(32)).toString('base64')
  const secret = base64.replace('+', '-').replace('/', '_').replace('=', '')
  const { expires_at, ...content } = rightContent(sender, receiver, kdc, secret)
  const senderinfo = makeSenderinfo({ ...content, expires_at }, receiver.token, kdc.randomBytes)
  return { ip_addr: receiver.ipAddress, port: receiver.port, secret, senderinfo, expires_at, time: kdc.now }
}
