/** "First bob's end, then mine: that is polite." Bob is polite, too. */
import type { SendMessage } from '../given.ts'
import { alice, end, right } from './shared/alice.ts'

export const breaks = 'alice says her end'

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    right.judge.call({ ...right, end: () => {} }, talk, record)
    if (record.type === 'end') end(talk)
  },
})
