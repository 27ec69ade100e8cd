/** "A UUID never comes twice." That is all it promises; of its letters most are dashes, digits, and what is known. */
import { randomUUID } from 'node:crypto'
import { utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

export const sendMessage: SendMessage = alice({
  random: () => (length) => utf8(randomUUID()).slice(0, length),
})
