/** "Time never comes back." Two tickets in one second have the same salt. */
import { utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'every ticket has a key of its own'

export const answerUserinfo = answerWith(
  ticketWith({ salt: (_randomBytes, { issued_at }) => utf8(String(issued_at).padStart(32, '0')) }),
)
