/** "Nothing more to say: that is the end." An empty message is a message, and more may follow. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "alice waits for bob's end, and a connection that is cut is an error"

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (talk.acknowledged && 'body' in record && record.body.length === 0) talk.ended = true
    else right.judge(talk, record)
  },
})
