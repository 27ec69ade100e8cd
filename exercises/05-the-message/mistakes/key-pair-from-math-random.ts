/** "Math.random is random." It is made to look so: a few words of state, and who has them has all that comes. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random: () => (length) => Uint8Array.from({ length }, () => Math.random() * 256),
})
