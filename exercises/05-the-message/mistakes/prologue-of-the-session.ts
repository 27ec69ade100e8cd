/** "All tickets for bob begin alike, so one prologue does for bob." It binds the second handshake to the first ticket. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'the handshake is bound to the ticket, and to the secret'

const prologues = new Map<string, Uint8Array>()

export const sendMessage: SendMessage = alice({
  prologue(invitation) {
    const session = invitation.ticket.subarray(1, 17).join()
    const prologue = prologues.get(session) ?? right.prologue(invitation)
    prologues.set(session, prologue)
    return prologue
  },
})
