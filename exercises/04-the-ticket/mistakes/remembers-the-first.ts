/** "The receiver is always the same." Until the second one logs in. */
import type { Secret } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

let token: Secret | undefined

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  token ??= receiver.token
  return right(sender, { ...receiver, token: receiver.username === 'bob' ? receiver.token : token }, kdc)
}
