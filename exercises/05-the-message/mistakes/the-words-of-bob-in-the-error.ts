/** "The error says what came too late." Bob may have said it back: then the error has the text. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'when it fails, alice is told why, with an Error, and it gives no secret away'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (talk.ended && 'body' in record) {
      throw new Error(`bob said '${new TextDecoder().decode(record.body)}' after his end`)
    }
    right.judge(talk, record)
  },
})
