/** "So many were sent, so many may be acknowledged." They were sent in several conversations, and an ack counts those of one. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'two conversations at the same time do not meet'

let sent = 0

export const sendMessage: SendMessage = alice({
  tell(talk, records) {
    sent++
    right.tell(talk, records)
  },
  judge(talk, record) {
    const isOfSome = record.type === 'ack' && record.count >= 1 && record.count <= sent
    right.judge(talk, isOfSome ? { type: 'ack', count: 1 } : record)
  },
  hangUp(wire) {
    sent = 0
    wire.end()
  },
})
