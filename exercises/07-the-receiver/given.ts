/**
 * Given: the shapes that `receiver.ts` works with. Nothing to change here.
 *
 * @module
 */
import type { Secret } from 'symbolon/protocol'

/** One login of bob's. */
export interface Login {
  /** Bob's own name. */
  readonly username: string
  /** The 32-byte key that only bob and the KDC know. */
  readonly token: Secret
  /** How many accepted tickets to remember, at most. */
  readonly memory: number
}

/** What bob's program needs for the channel. */
export interface Accepted {
  /** The sender, by the KDC's word. */
  readonly username: string
  /** Where the sender was when the KDC was asked. */
  readonly ip_addr: string
  /** The key of the channel: `new Secret('channel secret', bytes)`. */
  readonly secret: Secret
}

/** Why a ticket was refused: for bob's own log, and for nobody else. */
export type Refusal =
  | 'ticket_damaged'
  | 'ticket_version'
  | 'ticket_not_for_us'
  | 'ticket_not_yet_valid'
  | 'ticket_expired'
  | 'ticket_replayed'
  | 'request_refused'

export interface Receiver {
  /**
   * @param ticket - the bytes that a stranger sent.
   * @param now - Unix seconds.
   * @throws Error, the same for everything that can be wrong.
   */
  judge(ticket: Uint8Array, now: number): Accepted
  /** @returns one word for every ticket that was refused, the oldest first. */
  log(): readonly Refusal[]
}

/** What you write. */
export type MakeReceiver = (login: Login) => Receiver
