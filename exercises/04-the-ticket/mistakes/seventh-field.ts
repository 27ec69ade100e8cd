/** "Alice may want to know when it was made." Then the protocol would say so. Bob is named here, on a line that others may read. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the answer and the ticket have six fields each, and nothing besides'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => ({
  ...right(sender, receiver, kdc),
  receiver: receiver.username,
})
