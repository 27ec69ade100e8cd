/** "Bob stops reading where the ticket ends." A ticket ends where its bytes end; and its last ones are no tag now, but his token. */
import { concat, fromBase64url, toBase64url } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  const senderinfo = toBase64url(concat(fromBase64url(answer.senderinfo), receiver.token.reveal()))
  return { ...answer, senderinfo }
}
