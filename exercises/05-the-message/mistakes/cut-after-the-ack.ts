/**
 * "I have my ack; that the line is cut now does no harm." What bob wanted to say next is gone, and alice does
 * not know.
 */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "alice waits for bob's end, and a connection that is cut is an error"

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    try {
      await right.wait(talk)
    } catch (error) {
      if (!talk.acknowledged || !(error instanceof Error && error.message === 'the line was cut')) throw error
    }
  },
})
