/** "A frame may be lost on the way; then the next one has a nonce more." TCP loses none: somebody has taken it out. */
import { decodeRecords, EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice, frame } from './shared/alice.ts'

export const breaks = 'what does not open ends the conversation'

const MAX_LOST = 3

export const sendMessage: SendMessage = alice({
  async hear(talk) {
    const { receive } = talk.transport
    const bytes = await frame(talk)
    for (let lost = 0; ; lost++) {
      try {
        return decodeRecords(receive.decryptWithAd(EMPTY, bytes))
      } catch (error) {
        if (lost === MAX_LOST) throw error
        // It counts on.
        receive.encryptWithAd(EMPTY, EMPTY)
      }
    }
  },
})
