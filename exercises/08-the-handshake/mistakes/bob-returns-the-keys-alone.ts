/** "The keys are the result." Alice waits for message 2. */
import type { Answer } from '../given.ts'
import * as right from '../solution/handshake.ts'

export { begin } from '../solution/handshake.ts'

export const breaks = "bob's side takes message 1 of alice's program, and answers with 48 bytes"

export const answer = (...all: Parameters<Answer>) => right.answer(...all).keys
