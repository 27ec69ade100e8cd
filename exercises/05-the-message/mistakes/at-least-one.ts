/** "One or more: mine is among them." Alice sent one. Whose are the others? */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "bob's ack counts messages, and alice sent one"

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (record.type === 'ack' && record.count > 1) right.judge(talk, { ...record, count: 1 })
    else right.judge(talk, record)
  },
})
