/** "The receiver knows how long a ticket is." It has a name and an address in it: nobody knows. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks =
  'the first bytes are the version 0x01 and the ticket in a frame, then Noise message 1 in a frame'

export const sendMessage: SendMessage = alice({
  ticket: ({ ticket }) => ticket,
})
