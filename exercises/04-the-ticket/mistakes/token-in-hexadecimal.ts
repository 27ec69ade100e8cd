/** "It helps me to see what is going on." Alice sees it too. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = "bob's token stays with bob and the KDC"

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => ({
  ...right(sender, receiver, kdc),
  debug: Buffer.from(receiver.token.reveal()).toString('hex'),
})
