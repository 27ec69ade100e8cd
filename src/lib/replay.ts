/**
 * The receiver's memory of accepted tickets: what makes a ticket good for one channel. Kerberos calls it the replay
 * cache (RFC 4120 §3.2.3).
 *
 * @module
 */
import { toBase64url } from './bytes.ts'
import { ProtocolError } from './errors.ts'

/** Enough for 300 new channels a second, each second of a ticket's life; about 30 MB when full. */
export const MAX_REMEMBERED = 100_000

/**
 * The salts of the tickets one session has accepted, each kept until its ticket has expired. A new login is a new
 * token, under which no older ticket opens: it starts with an empty memory.
 */
export class AcceptedTickets {
  readonly #forgetAt = new Map<string, number>()
  readonly #limit: number

  /** @param limit - how many tickets to remember at once; beyond it new ones are refused, never old ones forgotten. */
  constructor(limit: number = MAX_REMEMBERED) {
    this.#limit = limit
  }

  /** How many tickets are remembered. */
  get size(): number {
    return this.#forgetAt.size
  }

  /**
   * Remembers a ticket.
   *
   * @param salt - the salt in the ticket's header.
   * @param forgetAt - Unix seconds from which the ticket would be refused as expired anyway.
   * @param now - Unix seconds.
   * @returns false when the ticket was accepted before.
   * @throws ProtocolError `request_refused` when the memory is full of unexpired tickets.
   */
  add(salt: Uint8Array, forgetAt: number, now: number): boolean {
    const key = toBase64url(salt)
    if (this.#forgetAt.has(key)) return false
    if (this.#forgetAt.size >= this.#limit) this.#forgetExpired(now)
    if (this.#forgetAt.size >= this.#limit) {
      throw new ProtocolError(
        'request_refused',
        `${this.#limit} tickets are in use: no more before one expires`,
      )
    }
    this.#forgetAt.set(key, forgetAt)
    return true
  }

  #forgetExpired(now: number): void {
    for (const [key, forgetAt] of this.#forgetAt) if (forgetAt <= now) this.#forgetAt.delete(key)
  }
}
