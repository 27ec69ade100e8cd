/** "Sixteen bytes are random enough; the other half is the same again." It takes 32, each by itself. */
import { concat, secureRandomBytes } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random: () => (length) => {
    const half = secureRandomBytes(length / 2)
    return concat(half, half)
  },
})
