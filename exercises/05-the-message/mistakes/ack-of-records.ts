/** "I sent two records, so he may acknowledge two." They are one message; the other was never sent. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "bob's ack counts messages, and alice sent one"

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    const sent = right.records(talk.text).length
    if (record.type === 'ack' && record.count === sent) right.judge(talk, { ...record, count: 1 })
    else right.judge(talk, record)
  },
})
