/** "name=value is as good as JSON." Bob reads JSON. */
import { utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

export const answerUserinfo = answerWith(
  ticketWith({
    plaintext: (content) =>
      utf8(
        new URLSearchParams(
          Object.entries(content).map(([name, value]): [string, string] => [name, String(value)]),
        ).toString(),
      ),
  }),
)
