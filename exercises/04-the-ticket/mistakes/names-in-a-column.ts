/** "The column has 40 characters." Names have up to 64, and two that begin alike are one now. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right({ ...sender, username: sender.username.slice(0, 40) }, receiver, kdc)
