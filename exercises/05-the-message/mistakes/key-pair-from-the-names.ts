/** "Who talks to whom, and with which ticket: that is only ours." All of it goes over the line, or is known. */
import { hkdf, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random:
    ({ ticket }) =>
    () =>
      hkdf(utf8('alice to bob'), ticket, 'e'),
})
