/** "The count is in the last byte." So 257 is 1. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "bob's ack counts messages, and alice sent one"

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (record.type === 'ack') right.judge(talk, { ...record, count: record.count % 256 })
    else right.judge(talk, record)
  },
})
