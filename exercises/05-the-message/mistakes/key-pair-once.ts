/**
 * "Making key pairs is slow, so one for the whole program." Whoever steals the machine tomorrow reads what was
 * said today.
 */
import { secureRandomBytes } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

const once = secureRandomBytes(32)

export const sendMessage: SendMessage = alice({
  random: () => () => Uint8Array.from(once),
})
