/** "Half a frame is no frame, so the conversation ended before it." It did not end: it was cut. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "alice waits for bob's end, and a connection that is cut is an error"

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    try {
      await right.wait(talk)
    } catch (error) {
      if (!talk.acknowledged || (error as { code?: string }).code !== 'channel_truncated') throw error
    }
  },
})
