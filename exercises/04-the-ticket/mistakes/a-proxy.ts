/** "A Proxy looks like any object." Until it is asked a second time, and is another. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the function answers at once, with a plain object'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) =>
  new Proxy(right(sender, receiver, kdc), {
    get: (answer, name) => Reflect.get(name === 'senderinfo' ? right(sender, receiver, kdc) : answer, name),
  })
