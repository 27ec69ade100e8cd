/** "He may always add something." Not after his end: then it is not him, or his program is broken. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks =
  'what is sealed and is not as agreed ends it, too: no record, an abort, words after the end'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (talk.ended && record.type === 'message') return
    right.judge(talk, record)
  },
})
