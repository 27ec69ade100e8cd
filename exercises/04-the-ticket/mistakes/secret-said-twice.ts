/** "Later fields replace earlier ones." In this parser. Another one takes the first, and has another secret. */
import { utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'the answer and the ticket have six fields each, and nothing besides'

export const answerUserinfo = answerWith(
  ticketWith({ plaintext: (content) => utf8(JSON.stringify(content).replace('{', '{"secret":"none",')) }),
)
