/** "Too short to be anything: ignore it." Bob would never make one. */
import { decodeRecords, EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, frame } from './shared/alice.ts'

export const breaks = 'what does not open ends the conversation'

export const sendMessage: SendMessage = alice({
  async hear(talk) {
    const bytes = await frame(talk, 0)
    if (bytes.length < 19) return []
    return decodeRecords(talk.transport.receive.decryptWithAd(EMPTY, bytes))
  },
})
