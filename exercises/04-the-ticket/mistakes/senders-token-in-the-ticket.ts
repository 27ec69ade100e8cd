/** "So that bob can make sure that it is alice." With her token he is alice. */
import type { AnswerUserinfo } from '../given.ts'
import { makeSenderinfo } from '../solution/ticket.ts'
import { freshSecret, rightContent } from './shared/answer.ts'

export const breaks = "bob's token stays with bob and the KDC"

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const content = rightContent(sender, receiver, kdc, freshSecret(kdc.randomBytes))
  const more = { ...content, token: sender.token.toText() }
  return {
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret: content.secret,
    senderinfo: makeSenderinfo(more, receiver.token, kdc.randomBytes),
    expires_at: content.expires_at,
    time: kdc.now,
  }
}
