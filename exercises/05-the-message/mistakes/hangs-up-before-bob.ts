/** "I have said my end, so I hang up; listening goes on." Bob may take that for a cut, and what she still has to say cannot be said. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = "alice waits for bob's end, and a connection that is cut is an error"

export const sendMessage: SendMessage = alice({
  end(talk) {
    right.end(talk)
    talk.wire.end()
  },
})
