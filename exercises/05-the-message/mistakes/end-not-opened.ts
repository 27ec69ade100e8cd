/** "Nineteen bytes, that must be the end." Anybody on the way can make nineteen bytes. */
import type { SendMessage } from '../given.ts'
import { alice, frame, right } from './shared/alice.ts'

export const breaks = "alice waits for bob's end, and a connection that is cut is an error"

export const sendMessage: SendMessage = alice({
  async wait(talk) {
    while (!talk.acknowledged) for (const record of await right.hear(talk)) right.judge(talk, record)
    if (!talk.ended) await frame(talk)
  },
})
