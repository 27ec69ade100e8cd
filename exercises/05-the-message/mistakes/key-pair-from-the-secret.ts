/** "The secret is random, so a key pair made of it is random too." And whoever finds the secret has the pair. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random:
    ({ secret }) =>
    () =>
      Uint8Array.from(secret.reveal()),
})
