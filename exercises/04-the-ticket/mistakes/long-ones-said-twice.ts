/** "Old receivers believe in an hour at most." So two ends are in it, and each receiver takes the one that it finds. */
import { utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'the answer and the ticket have six fields each, and nothing besides'

export const answerUserinfo = answerWith(
  ticketWith({
    plaintext: (content) => {
      const hour = content.issued_at + 3600
      const first = content.expires_at > hour ? `{"expires_at":${hour},` : '{'
      return utf8(JSON.stringify(content).replace('{', first))
    },
  }),
)
