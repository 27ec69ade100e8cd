/** "Five seconds for his end, then I go and say that all is well." It may be, or somebody held his words back. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "alice waits for bob's end, and a connection that is cut is an error"

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    while (!talk.acknowledged) for (const record of await right.hear(talk)) right.judge(talk, record)
    const late = new Promise<void>((resolve) => setTimeout(resolve, 5_000))
    await Promise.race([right.wait(talk), late])
  },
})
