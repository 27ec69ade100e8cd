/** "Hashed, they are 32 bytes." And of four bytes there are still as many hashes as there are four bytes. */
import { hkdf, secureRandomBytes } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random:
    ({ secret }) =>
    () =>
      hkdf(secureRandomBytes(4), secret.reveal(), 'key pair'),
})
