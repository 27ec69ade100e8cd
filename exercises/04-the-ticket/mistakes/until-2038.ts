/** "Seconds fit into 32 bits." Until January 2038. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'it works for others too, whoever they are and whatever was asked before'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right(sender, receiver, { ...kdc, now: kdc.now | 0 })
