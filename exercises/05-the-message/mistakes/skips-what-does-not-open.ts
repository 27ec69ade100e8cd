/** "Garbage on the line: skip it, the next frame will be good." Somebody is on the line, and may try again. */
import { decodeRecords, EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, frame } from './shared/alice.ts'

export const breaks = 'what does not open ends the conversation'

export const sendMessage: SendMessage = alice({
  async hear(talk) {
    const bytes = await frame(talk)
    try {
      return decodeRecords(talk.transport.receive.decryptWithAd(EMPTY, bytes))
    } catch {
      return []
    }
  },
})
