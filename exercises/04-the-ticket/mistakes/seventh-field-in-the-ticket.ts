/** "Bob may want to know it." What is told to bob without need, whoever gets hold of the ticket's key knows too. */
import { utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'the answer and the ticket have six fields each, and nothing besides'

export const answerUserinfo = answerWith(
  ticketWith({ plaintext: (content) => utf8(JSON.stringify({ ...content, roles: ['admin'] })) }),
)
