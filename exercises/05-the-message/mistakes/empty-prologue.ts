/** "The prologue is optional." So it is in Noise. Then nothing ties the handshake to this ticket. */
import { EMPTY } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'the handshake is bound to the ticket, and to the secret'

export const sendMessage: SendMessage = alice({
  prologue: () => EMPTY,
})
