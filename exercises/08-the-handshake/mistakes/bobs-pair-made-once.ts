/** "Bob is a server: his key pair is his." A static key has its place in Noise, in other patterns, and in another step. */
import type { Answer } from '../given.ts'
import * as right from '../solution/handshake.ts'

export { begin } from '../solution/handshake.ts'

export const breaks = 'every handshake has key pairs of its own, of 32 random bytes'

let own: Uint8Array | undefined

export const answer: Answer = (secret, ticket, message1, randomBytes) => {
  own ??= randomBytes(32)
  return right.answer(secret, ticket, message1, () => own ?? randomBytes(32))
}
