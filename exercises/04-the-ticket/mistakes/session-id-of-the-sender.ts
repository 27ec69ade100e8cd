/** "It is alice's session, since it is she who asks." Bob finds his own token by it, and has never seen hers. */
import { concat, hkdf, seal, sessionId, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { freshSecret, rightContent } from './shared/answer.ts'

export const breaks = "the header names bob's session, and gives nothing of his token away"

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const content = rightContent(sender, receiver, kdc, freshSecret(kdc.randomBytes))
  const salt = kdc.randomBytes(32)
  const header = concat(Uint8Array.of(0x01), sessionId(sender.token), salt)
  const key = hkdf(receiver.token.reveal(), salt, 'symbolon/1 ticket')
  return {
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret: content.secret,
    senderinfo: toBase64url(concat(header, seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content))))),
    expires_at: content.expires_at,
    time: kdc.now,
  }
}
