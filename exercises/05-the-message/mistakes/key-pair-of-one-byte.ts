/** "One random byte, so that it differs." It can be tried out: there are 256. */
import { secureRandomBytes } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random: () => () => new Uint8Array(32).fill(secureRandomBytes(1)[0] ?? 0),
})
