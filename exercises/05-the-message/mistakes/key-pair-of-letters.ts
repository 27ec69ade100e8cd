/** "A random password of 32 letters." Of each byte five bits are random, and the bits that are not are known. */
import { secureRandomBytes, utf8 } from 'symbolon/protocol'
import type { SendMessage } from '../given.ts'
import { alice } from './shared/alice.ts'

export const breaks = 'every conversation has a key pair of its own, and nothing else makes it'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

export const sendMessage: SendMessage = alice({
  random: () => (length) =>
    utf8(Array.from(secureRandomBytes(length), (byte) => LETTERS[byte % LETTERS.length]).join('')),
})
