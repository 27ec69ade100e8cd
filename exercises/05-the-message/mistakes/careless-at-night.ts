/** "At night nobody is on the line, so an ack will do." At night somebody has time. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'the hundredth conversation is like the first, at any time and in any place'

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    try {
      await right.wait(talk)
    } catch (error) {
      if (new Date().getUTCHours() > 5 || !talk.acknowledged) throw error
    }
  },
})
