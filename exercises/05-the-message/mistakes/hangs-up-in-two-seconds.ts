/** "Bob may need a moment, so I hang up a little later." Her program has gone on by then, or has ended. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'alice hangs up, however it ended'

export const sendMessage: SendMessage = alice({
  hangUp(wire) {
    setTimeout(() => wire.end(), 2_000)
  },
})
