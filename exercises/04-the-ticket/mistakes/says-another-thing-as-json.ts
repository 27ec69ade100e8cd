/** "The object knows how it wants to be sent." Whoever looks at it sees one answer, and alice gets another. */
import type { AnswerUserinfo } from '../given.ts'
import { answerUserinfo as right } from '../solution/ticket.ts'

export const breaks = 'the function answers at once, with a plain object'

export const answerUserinfo: AnswerUserinfo = (sender, receiver, kdc) => {
  const answer = right(sender, receiver, kdc)
  return Object.assign(answer, { toJSON: () => ({ ...answer, ip_addr: '203.0.113.66' }) })
}
