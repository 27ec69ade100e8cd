/** "Whatever he says after his ack, he is done." He said: not at nine! */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "alice waits for bob's end, and a connection that is cut is an error"

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    right.judge(talk, record)
    if (record.type === 'message' && talk.acknowledged) talk.ended = true
  },
})
