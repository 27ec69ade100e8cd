/** "Four billion are enough." A computer tries them in an afternoon, and has time: the recording does not spoil. */
import { secureRandomBytes } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random: () => () => {
    const bytes = new Uint8Array(32)
    bytes.set(secureRandomBytes(4), 28)
    return bytes
  },
})
