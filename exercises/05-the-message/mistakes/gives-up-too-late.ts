/** "He has the message; that he gives up now does not matter." Whether he has done what it says, nobody knows. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks =
  'what is sealed and is not as agreed ends it, too: no record, an abort, words after the end'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (record.type === 'abort' && talk.acknowledged) return
    right.judge(talk, record)
  },
})
