/** "A key should be hashed before it is used." Then both must, and nobody told bob. Noise hashes it anyway. */
import { EMPTY, hkdf } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'the handshake is bound to the ticket, and to the secret'

export const sendMessage: SendMessage = alice({
  psk: ({ secret }) => hkdf(secret.reveal(), EMPTY, ''),
})
