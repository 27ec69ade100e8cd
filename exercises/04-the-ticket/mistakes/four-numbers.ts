/** "An address is four numbers." With IPv6 it is not. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right({ ...sender, ipAddress: sender.ipAddress.split('.').map(Number).join('.') }, receiver, kdc)
