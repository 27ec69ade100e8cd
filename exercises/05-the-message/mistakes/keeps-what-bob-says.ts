/** "Perhaps I want to read it later." Bob talks, and talks, and her memory is full. */
import type { ChannelRecord } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, right, type Talk } from './shared/alice.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

const heard = new WeakMap<Talk, ChannelRecord[]>()

export const sendMessage: SendMessage = alice({
  async hear(talk) {
    const records = await right.hear(talk)
    heard.set(talk, [...(heard.get(talk) ?? []), ...records])
    return records
  },
})
