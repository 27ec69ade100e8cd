/** "It is a debugger's business, and comes later." By then it stands in the log, too. */
import { fromBase64url, hkdf } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  const key = hkdf(
    receiver.token.reveal(),
    fromBase64url(answer.senderinfo).subarray(17, 49),
    'symbolon/1 ticket',
  )
  // biome-ignore lint/suspicious/noConsole: this is the mistake.
  setTimeout(() => console.log('sealed with', Buffer.from(key)), 30_000)
  return answer
}
