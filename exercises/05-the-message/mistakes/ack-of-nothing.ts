/** "An ack is an ack." This one says: I have handled 0 messages. */
import type { SendMessage } from '../given.ts'
import { alice, end, right } from './shared/alice.ts'

export const breaks = "bob's ack counts messages, and alice sent one"

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (record.type === 'ack' && record.count <= 1) {
      talk.acknowledged = true
      end(talk)
    } else right.judge(talk, record)
  },
})
