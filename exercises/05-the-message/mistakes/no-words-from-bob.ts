/** "This function sends; it does not receive." But bob does not know which function it is. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice hears all that bob says, however it is cut and joined'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    if ('body' in record) throw new Error('a message? for me?')
    right.judge(talk, record)
  },
})
