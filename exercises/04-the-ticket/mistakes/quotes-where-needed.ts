/** "Quotes are for what is no number." A principal may be called 42, and is no number all the same. */
import { utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

const quoted = (value: string | number) => (Number.isNaN(Number(value)) ? JSON.stringify(value) : value)

export const answerUserinfo = answerWith(
  ticketWith({
    plaintext: (content) => {
      const fields = Object.entries(content).map(([name, value]) => `"${name}":${quoted(value)}`)
      return utf8(`{${fields.join()}}`)
    },
  }),
)
