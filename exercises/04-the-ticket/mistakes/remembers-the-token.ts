/** "Bob's token I know already." He has logged out and in again, and has another. */
import type { Secret } from 'symbolon/protocol'
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

const tokens = new Map<string, Secret>()

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const token = tokens.get(receiver.username) ?? receiver.token
  tokens.set(receiver.username, token)
  return right(sender, { ...receiver, token }, kdc)
}
