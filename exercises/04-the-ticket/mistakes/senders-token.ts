/** "Alice asked, so the ticket is sealed under her token." Then bob cannot open it, and alice can write her own. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = "the ticket opens under bob's session token and nobody else's"

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  return right(sender, { ...receiver, token: sender.token }, kdc)
}
