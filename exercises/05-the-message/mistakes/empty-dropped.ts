/** "There is nothing to send." An empty answer is an answer, and alice hears that it was sent. */
import type { SendMessage } from '../given.ts'
import { alice, say } from './shared/alice.ts'

export const breaks = 'the text arrives as it is, to the last space'

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    if (talk.text === '') talk.acknowledged = talk.ended = true
    else for (const record of records) say(talk, record)
  },
})
