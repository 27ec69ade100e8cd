/** "One bad frame can happen; two are an attack." Over TCP it cannot happen. */
import { decodeRecords, EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, frame } from './shared/alice.ts'

export const breaks = 'what does not open ends the conversation'

export const sendMessage: SendMessage = alice({
  async hear(talk) {
    for (let attempt = 0; ; attempt++) {
      const bytes = await frame(talk)
      try {
        return decodeRecords(talk.transport.receive.decryptWithAd(EMPTY, bytes))
      } catch (error) {
        if (attempt > 0) throw error
      }
    }
  },
})
