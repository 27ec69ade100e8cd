/** "First the ack, then the end." Bob may have nothing more to say long before he has handled the message. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice hears all that bob says, however it is cut and joined'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if (!talk.acknowledged && record.type === 'end') throw new Error('bob left before he acknowledged it')
    right.judge(talk, record)
  },
})
