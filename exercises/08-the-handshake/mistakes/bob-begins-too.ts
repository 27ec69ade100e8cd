/** "Both do the same, so bob begins like alice." His message 1 answers nothing. */
import type { Answer } from '../given.ts'
import * as right from '../solution/handshake.ts'

export { begin } from '../solution/handshake.ts'

export const breaks = "bob's side takes message 1 of alice's program, and answers with 48 bytes"

export const answer: Answer = (secret, ticket, message1, randomBytes) => {
  const alice = right.answer(secret, ticket, message1, randomBytes)
  return { ...alice, message2: alice.message2.slice(0, 32) }
}
