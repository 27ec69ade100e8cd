/** "The secret is random, so a key pair from it is." Who finds the secret later has the secret key too, and everything. */
import type { Secret } from 'symbolon/protocol'
import type { Answer, Begin } from '../given.ts'
import * as right from '../solution/handshake.ts'

export const breaks = 'every handshake has key pairs of its own, of 32 random bytes'

const fromSecret = (secret: Secret) => () => secret.reveal()

export const begin: Begin = (secret, ticket) => right.begin(secret, ticket, fromSecret(secret))
export const answer: Answer = (secret, ticket, message1) =>
  right.answer(secret, ticket, message1, fromSecret(secret))
