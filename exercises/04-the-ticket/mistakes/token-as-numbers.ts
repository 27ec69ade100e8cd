/** "A list of numbers is no key." It is, for whoever can count to 255. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = "bob's token stays with bob and the KDC"

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => ({
  ...right(sender, receiver, kdc),
  id: [...receiver.token.reveal()],
})
