/** "Abort, end: it is over, one way or the other." The other way is that something went wrong. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "alice waits for bob's end, and a connection that is cut is an error"

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (record.type === 'abort' && talk.acknowledged) talk.ended = true
    else right.judge(talk, record)
  },
})
