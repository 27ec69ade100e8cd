/** "No ack after ten seconds: once more." The first was not lost: TCP sees to that. Bob was slow, and reads it twice. */
import type { SendMessage } from '../given.ts'
import { alice, right, say } from './shared/alice.ts'

export const breaks = "bob reads the text exactly once, and alice's promise resolves"

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    const again = setTimeout(() => {
      for (const record of right.records(talk.text)) say(talk, record)
    }, 10_000)
    try {
      await right.wait(talk)
    } finally {
      clearTimeout(again)
    }
  },
})
