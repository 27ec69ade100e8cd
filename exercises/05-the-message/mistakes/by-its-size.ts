/** "What has eight bytes is an ack." The type says what it is; bob may say eight bytes of his own. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'the message counts as sent when bob has acknowledged it, and not before'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (record.type === 'message' && record.body.length === 8) right.judge(talk, { type: 'ack', count: 1 })
    else right.judge(talk, record)
  },
})
