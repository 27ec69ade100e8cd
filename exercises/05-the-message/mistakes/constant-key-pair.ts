/** "For the test I took sevens." The test is over. */
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random: () => () => new Uint8Array(32).fill(7),
})
