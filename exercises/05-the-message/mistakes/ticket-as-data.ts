/**
 * "The seal should cover the ticket as well." The handshake's prologue has done that; here the agreement says:
 * nothing.
 */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = "the message is sealed with the handshake's sending key"

export const sendMessage: SendMessage = alice({
  say: ({ wire, transport, invitation }, record) =>
    wire.writeFrame(transport.send.encryptWithAd(invitation.ticket, record)),
})
