/** "So that alice can check what the ticket says." And write another. */
import { fromBase64url, hkdf, toBase64url } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = "bob's token stays with bob and the KDC"

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  const salt = fromBase64url(answer.senderinfo).subarray(17, 49)
  return { ...answer, key: toBase64url(hkdf(receiver.token.reveal(), salt, 'symbolon/1 ticket')) }
}
