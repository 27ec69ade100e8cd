/** "Random numbers from 0 to 99." A byte has 256 values, and less than half of them come. */
import { randomInt } from 'node:crypto'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random: () => (length) => Uint8Array.from({ length }, () => randomInt(100)),
})
