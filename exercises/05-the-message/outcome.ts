/**
 * What is left of a conversation, for the grader to look at.
 *
 * @module
 */
import type { Transport } from 'symbolon/protocol'
import type { Ending } from './alice.ts'
import type { Invitation } from './given.ts'

/** How a conversation ended. */
export interface Outcome extends Omit<Ending, 'result'> {
  readonly result: Ending['result'] | 'still waiting'
  readonly to: Invitation
  readonly text: string
  /** Every byte that alice put on the line. */
  readonly sent: Uint8Array
  readonly connections: number
  /** Whether her half of the connection was ended when that was over: then, or only some time later. */
  readonly hungUp: boolean | 'later'
}

/** A conversation with bob, and what he can see in it. */
export interface Talk {
  readonly outcome: Outcome
  /** Noise message 2. */
  message2(): Uint8Array
  /** What alice sent after the handshake. */
  readonly rest: Uint8Array
  /** Bob's keys, as they were after the handshake. */
  transport(): Transport
}
