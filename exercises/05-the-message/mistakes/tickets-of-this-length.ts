/** "226 fits one byte, so the other is 0." Bob's next ticket has 300. */
import { concat } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks =
  'the first bytes are the version 0x01 and the ticket in a frame, then Noise message 1 in a frame'

export const sendMessage: SendMessage = alice({
  ticket: ({ ticket }) => concat(Uint8Array.of(0, ticket.length), ticket),
})
