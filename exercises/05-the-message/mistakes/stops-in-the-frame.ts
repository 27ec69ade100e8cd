/** "Ack and end: that is all I wait for." The rest of the frame says what bob made of it. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks =
  'what is sealed and is not as agreed ends it, too: no record, an abort, words after the end'

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    while (!talk.acknowledged || !talk.ended) {
      for (const record of await right.hear(talk)) {
        if (!talk.acknowledged || !talk.ended) right.judge(talk, record)
      }
    }
  },
})
