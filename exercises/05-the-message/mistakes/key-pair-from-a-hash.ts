/** "Hashed, nobody can tell where it comes from." But everybody can do the same to the secret. */
import { EMPTY, hkdf } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random:
    ({ secret }) =>
    () =>
      hkdf(secret.reveal(), EMPTY, ''),
})
