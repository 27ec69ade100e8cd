/** "Random once, and hashed with a counter ever after." Who steals the machine finds the seed, and all that came from it. */
import { hkdf, secureRandomBytes, u16 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

const seed = secureRandomBytes(32)
let count = 0

export const sendMessage: SendMessage = alice({
  random: () => () => hkdf(seed, u16(++count), 'e'),
})
