/** "One piece of memory is enough for all plaintexts." Behind a short one stands the end of a longer one, which was not for bob. */
import { utf8 } from 'symbolon/protocol'
import { answerWith, ticketWith } from './shared/answer.ts'

export const breaks = 'the ticket says who asked, from where, and for whom it is'

let memory = new Uint8Array()

export const answerUserinfo = answerWith(
  ticketWith({
    plaintext: (content) => {
      const text = utf8(JSON.stringify(content))
      if (text.length > memory.length) memory = new Uint8Array(text.length)
      memory.set(text)
      return memory
    },
  }),
)
