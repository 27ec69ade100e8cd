/** "I have bob's secret already." That was for another conversation; the ticket brings its own. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'the handshake is bound to the ticket, and to the secret'

const secrets = new Map<string, Uint8Array>()

export const sendMessage: SendMessage = alice({
  psk(invitation) {
    const bob = invitation.ticket.subarray(0, 17).join()
    const secret = secrets.get(bob) ?? Uint8Array.from(right.psk(invitation))
    secrets.set(bob, secret)
    return secret
  },
})
