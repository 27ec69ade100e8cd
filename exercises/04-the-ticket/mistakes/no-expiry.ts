/** "A ticket is used at once." Yours perhaps; the one that was stolen is used when it suits the thief. */
import type { AnswerUserinfo, TicketContent } from '../given.ts'
import { makeSenderinfo } from '../solution/ticket.ts'
import { freshSecret, rightContent } from './shared/answer.ts'

export const breaks = 'the ticket has a time to live, in whole Unix seconds'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const secret = freshSecret(kdc.randomBytes)
  const { username, ip_addr, receiver: to } = rightContent(sender, receiver, kdc, secret)
  const content: Partial<TicketContent> = { username, ip_addr, secret, receiver: to }
  return {
    ip_addr: receiver.ipAddress,
    port: receiver.port,
    secret,
    senderinfo: makeSenderinfo(content as TicketContent, receiver.token, kdc.randomBytes),
    expires_at: kdc.now + kdc.ticketLifetimeSec,
    time: kdc.now,
  }
}
