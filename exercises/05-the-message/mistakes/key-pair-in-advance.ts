/** "Drawn in advance, since it takes time." What will be said tomorrow can be read by one who looks into the memory today. */
import { secureRandomBytes } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

const stock = secureRandomBytes(32 * 1000)
let used = 0

export const sendMessage: SendMessage = alice({
  random: () => (length) => {
    used += length
    return stock.slice(used - length, used)
  },
})
