/** "Numbers are stored that way." On this machine; on the line the high byte comes first. */
import { concat } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks =
  'the first bytes are the version 0x01 and the ticket in a frame, then Noise message 1 in a frame'

export const sendMessage: SendMessage = alice({
  ticket: ({ ticket }) => concat(Uint8Array.of(ticket.length & 0xff, ticket.length >> 8), ticket),
})
