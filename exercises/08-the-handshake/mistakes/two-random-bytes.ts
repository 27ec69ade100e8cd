/** "The rest is filled up." A secret key of two random bytes is one of 65,536. */
import { EMPTY, hkdf, type RandomBytes } from 'symbolon/protocol'
import type { Answer, Begin } from '../given.ts'
import * as right from '../solution/handshake.ts'

export const breaks = 'every handshake has key pairs of its own, of 32 random bytes'

const little = (randomBytes: RandomBytes) => () => hkdf(randomBytes(2), EMPTY, 'key pair', 32)

export const begin: Begin = (secret, ticket, randomBytes) => right.begin(secret, ticket, little(randomBytes))
export const answer: Answer = (secret, ticket, message1, randomBytes) =>
  right.answer(secret, ticket, message1, little(randomBytes))
