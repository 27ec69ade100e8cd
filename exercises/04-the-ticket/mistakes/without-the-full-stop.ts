/** "A full stop at the end belongs to the sentence." In a name it is a letter like any other: anna. is not anna. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right({ ...sender, username: sender.username.replace(/\.+$/, '') }, receiver, kdc)
