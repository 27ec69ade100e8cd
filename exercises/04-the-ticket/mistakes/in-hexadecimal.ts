/** "Hexadecimal is easier to read." Bob's program does not read it at all, and it is half as long again. */
import { fromBase64url } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'senderinfo is the ticket in base64url: 0x01, a session id, a salt, and what is sealed'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  return { ...answer, senderinfo: Buffer.from(fromBase64url(answer.senderinfo)).toString('hex') }
}
