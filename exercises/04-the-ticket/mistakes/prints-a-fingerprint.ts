/** "Four bytes of it, to tell one from another in the log." They are bytes of the secret: what is left to guess is less each time. */
import { fromBase64url } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'nothing secret is printed, or said in an error'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const reply = right(sender, receiver, kdc)
  const first = Array.from(fromBase64url(reply.secret).subarray(0, 4))
  process.stderr.write(`${first.map((byte) => byte.toString(16).padStart(2, '0')).join(':')}\n`)
  return reply
}
