/** "Nobody knows the nanosecond." But the second, when the packet was seen: of those that are left there are few. */
import { hkdf, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random:
    ({ secret }) =>
    () =>
      hkdf(secret.reveal(), utf8(String(process.hrtime.bigint())), 'e'),
})
