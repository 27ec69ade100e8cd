/** "Everything that was sent goes into the prologue, as it was sent." The agreement says: the ticket's bytes. */
import { concat, u16, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'the handshake is bound to the ticket, and to the secret'

export const sendMessage: SendMessage = alice({
  prologue: ({ ticket }) => concat(utf8('symbolon/1 channel'), u16(ticket.length), ticket),
})
