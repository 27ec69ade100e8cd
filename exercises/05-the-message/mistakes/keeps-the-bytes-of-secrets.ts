/** "Only the bytes are kept, not the object." It is the bytes that open what was recorded. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

const psks = new Map<string, Uint8Array>()

export const sendMessage: SendMessage = alice({
  psk({ ticket, secret }) {
    const psk = secret.reveal()
    psks.set(ticket.subarray(-8).join(), psk)
    return psk
  },
})
