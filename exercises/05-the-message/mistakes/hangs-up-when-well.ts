/** "When all was said, I hang up." And when not? Each failure leaves a line open. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'alice hangs up, however it ended'

export const sendMessage: SendMessage = alice({
  hangUp(wire, failed) {
    if (!failed) wire.end()
  },
})
