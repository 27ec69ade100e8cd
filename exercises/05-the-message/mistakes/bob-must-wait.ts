/** "First comes the ack." It comes when bob has handled the message; what he says meanwhile is his own affair. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice hears all that bob says, however it is cut and joined'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (!talk.acknowledged && record.type === 'message') throw new Error('bob spoke out of turn')
    right.judge(talk, record)
  },
})
