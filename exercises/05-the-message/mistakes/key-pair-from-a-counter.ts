/** "A counter never repeats." It does, as soon as the program starts anew; and everybody can count. */
import { hkdf, u16 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

let count = 0

export const sendMessage: SendMessage = alice({
  random:
    ({ secret }) =>
    () =>
      hkdf(secret.reveal(), u16(++count), 'e'),
})
