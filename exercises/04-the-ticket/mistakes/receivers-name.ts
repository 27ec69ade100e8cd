/** "A ticket for bob says bob." For whom it is, it does; but bob needs to know who knocks. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  return right({ ...sender, username: receiver.username }, receiver, kdc)
}
