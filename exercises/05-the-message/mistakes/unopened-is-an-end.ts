/** "After the ack nothing can go wrong any more." Then whoever sends garbage says the end for bob. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "alice waits for bob's end, and a connection that is cut is an error"

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    try {
      await right.wait(talk)
    } catch (error) {
      if (!talk.acknowledged || (error as { code?: string }).code !== 'decryption_failed') throw error
    }
  },
})
