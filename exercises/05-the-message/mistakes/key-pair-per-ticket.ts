/**
 * "A new pair for each ticket." But a ticket that is tried again gets the old one; and it is kept as long as
 * the program runs.
 */
import { secureRandomBytes } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

const pairs = new Map<string, Uint8Array>()

export const sendMessage: SendMessage = alice({
  random({ ticket }) {
    const name = ticket.join()
    const bytes = pairs.get(name) ?? secureRandomBytes(32)
    pairs.set(name, bytes)
    return () => Uint8Array.from(bytes)
  },
})
