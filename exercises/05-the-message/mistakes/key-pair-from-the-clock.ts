/**
 * "No two conversations at the same time." Two computers, two windows, one millisecond; and the time is known
 * to all.
 */
import { hkdf, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random:
    ({ secret }) =>
    () =>
      hkdf(secret.reveal(), utf8(String(Date.now())), 'e'),
})
