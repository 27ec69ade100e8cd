/** "Making key pairs is slow." A secret key that lives as long as the program can be stolen as long, and opens all that was said. */
import type { RandomBytes } from 'symbolon/protocol'
import type { Answer, Begin } from '../given.ts'
import * as right from '../solution/handshake.ts'

export const breaks = 'every handshake has key pairs of its own, of 32 random bytes'

let own: Uint8Array | undefined

const once = (randomBytes: RandomBytes) => () => {
  own ??= randomBytes(32)
  return own
}

export const begin: Begin = (secret, ticket, randomBytes) => right.begin(secret, ticket, once(randomBytes))
export const answer: Answer = (secret, ticket, message1, randomBytes) =>
  right.answer(secret, ticket, message1, once(randomBytes))
