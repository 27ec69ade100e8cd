/** "Twice the same ack does no harm." One of them was not for this, or bob has lost count. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "bob's ack counts messages, and alice sent one"

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (record.type === 'ack' && talk.acknowledged) return
    right.judge(talk, record)
  },
})
