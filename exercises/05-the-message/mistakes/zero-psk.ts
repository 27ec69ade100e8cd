/**
 * "The ticket proves who I am, so the psk can be zeros." A ticket can be copied from the line; and now anybody
 * can be bob.
 */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'the handshake is bound to the ticket, and to the secret'

export const sendMessage: SendMessage = alice({
  psk: () => new Uint8Array(32),
})
