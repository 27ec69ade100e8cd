/** "The invitation may be of use again." A ticket is good for one connection; its secret opens what was recorded of it. */
import type { SendMessage } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'alice keeps nothing: of what bob says besides, and, when it is over, of anything'

const known = new Map<string, unknown>()

export const sendMessage: SendMessage = alice({
  psk(invitation) {
    known.set(invitation.ticket.join(), invitation.secret)
    return right.psk(invitation)
  },
})
