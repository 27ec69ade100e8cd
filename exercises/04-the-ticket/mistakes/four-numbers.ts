/** "An address is four numbers." With IPv6 it is not. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'it works for others too, whoever they are and whatever was asked before'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right({ ...sender, ipAddress: sender.ipAddress.split('.').map(Number).join('.') }, receiver, kdc)
