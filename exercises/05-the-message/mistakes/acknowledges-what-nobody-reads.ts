/** "It is polite to acknowledge." Bob crosses it off his list: she knows. She has thrown it away. */
import { encodeRecord } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, right, say, type Talk } from './shared/alice.ts'

export const breaks = 'alice acknowledges nothing that she throws away'

const counts = new WeakMap<Talk, number>()

export const sendMessage: SendMessage = alice({
  judge(talk, record) {
    right.judge(talk, record)
    if (record.type !== 'message') return
    const count = (counts.get(talk) ?? 0) + 1
    counts.set(talk, count)
    say(talk, encodeRecord({ type: 'ack', count }))
  },
})
