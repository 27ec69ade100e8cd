/** "Turned round bit by bit, nobody knows it for a token." Bob does, if he has read this program. */
import { toBase64url, utf8 } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { freshSecret, rightContent, ticketWith } from './shared/answer.ts'

export const breaks = "bob's token stays with bob and the KDC"

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const content = rightContent(sender, receiver, kdc, freshSecret(kdc.randomBytes))
  const id = toBase64url(sender.token.reveal().map((byte) => byte ^ 0xff))
  const plaintext = () => utf8(JSON.stringify({ ...content, id }))
  return {
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret: content.secret,
    senderinfo: ticketWith({ plaintext })(content, receiver.token, kdc.randomBytes),
    expires_at: content.expires_at,
    time: kdc.now,
  }
}
