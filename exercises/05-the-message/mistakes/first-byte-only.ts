/** "The first byte says what it is." And the rest says whether it is that. */
import { type ChannelRecord, decodeRecords, EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, frame } from './shared/alice.ts'

export const breaks =
  'what is sealed and is not as agreed ends it, too: no record, an abort, words after the end'

const rest = (bytes: Uint8Array): ChannelRecord[] => {
  try {
    return decodeRecords(bytes)
  } catch {
    return []
  }
}

export const sendMessage: SendMessage = alice({
  async hear(talk) {
    const opened = talk.transport.receive.decryptWithAd(EMPTY, await frame(talk))
    if (opened[0] === 4) return [{ type: 'ack', count: opened[10] ?? 0 }, ...rest(opened.subarray(11))]
    if (opened[0] === 5) return [{ type: 'end' }]
    return decodeRecords(opened)
  },
})
