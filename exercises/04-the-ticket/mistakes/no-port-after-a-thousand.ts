/** "The table of ports has a thousand rows." Whoever comes later is sent to port 0. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'every answer stands for itself, whatever is asked before it and after it'

let answers = 0

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  right(sender, answers++ < 1000 ? receiver : { ...receiver, port: 0 }, kdc)
