/**
 * "Nobody has answered, so what was made for this invitation is good for the next try." The same key pair in two conversations: one
 * answer recorded, and one that a stranger asked for with the same message 1.
 */
import { type RandomBytes, secureRandomBytes } from 'symbolon/protocol'
import type { Invitation } from '../given.ts'
import { alice, right } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

const begun = new WeakMap<Invitation, RandomBytes>()

export const sendMessage = alice({
  random(invitation) {
    const bytes = secureRandomBytes(32)
    const random = begun.get(invitation) ?? (() => bytes.slice())
    begun.set(invitation, random)
    return random
  },
  async prove(wire, handshake, invitation) {
    await right.prove(wire, handshake, invitation)
    begun.delete(invitation)
  },
})
