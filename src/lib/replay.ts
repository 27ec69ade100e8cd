/**
 * The receiver's memory of accepted tickets: what makes a ticket good for one channel. Kerberos calls it the replay
 * cache (RFC 4120 §3.2.3).
 *
 * @module
 */
import { toBase64url } from './bytes.ts'
import { ProtocolError } from './errors.ts'

/** Enough for 270 new channels a second, all through a ticket's life; about 30 MB when full. */
const MAX_REMEMBERED = 100_000
/** Of these, how many one sender may take up: one that asks for tickets without end shuts out no other. */
const SHARE_OF_ONE_SENDER = 1 / 10

/** What is remembered of a ticket. */
export interface AcceptedTicket {
  /** The sender. */
  readonly username: string
  /** From when on the ticket would be refused as expired anyway: Unix seconds. */
  readonly forgetAt: number
}

/**
 * The salts of the tickets one session has accepted, each kept until its ticket has expired. A new login is a new
 * token, under which no older ticket opens: it starts with an empty memory.
 */
export class AcceptedTickets {
  readonly #tickets = new Map<string, AcceptedTicket>()
  readonly #bySender = new Map<string, number>()
  readonly #limit: number

  /** @param limit - how many tickets to remember at once; beyond it new ones are refused, never old ones forgotten. */
  constructor(limit: number = MAX_REMEMBERED) {
    this.#limit = limit
  }

  /** How many tickets are remembered. */
  get size(): number {
    return this.#tickets.size
  }

  /**
   * Remembers a ticket.
   *
   * @param salt - the salt in the ticket's header.
   * @param now - Unix seconds.
   * @returns false when the ticket was accepted before.
   * @throws ProtocolError `request_refused` when the memory, or the sender's share of it, is full of unexpired tickets.
   */
  add(salt: Uint8Array, ticket: AcceptedTicket, now: number): boolean {
    const key = toBase64url(salt)
    if (this.#tickets.has(key)) return false
    this.#forgetExpired(now)
    const ofSender = this.#bySender.get(ticket.username) ?? 0
    const share = Math.max(1, Math.floor(this.#limit * SHARE_OF_ONE_SENDER))
    if (ofSender >= share || this.#tickets.size >= this.#limit) {
      throw new ProtocolError(
        'request_refused',
        'too many tickets were used lately: no more before one expires',
      )
    }
    this.#tickets.set(key, ticket)
    this.#bySender.set(ticket.username, ofSender + 1)
    return true
  }

  // From the oldest, as far as they have expired. One that lives longer than those after it makes us remember them for
  // longer than needed, never for less.
  #forgetExpired(now: number): void {
    for (const [key, { username, forgetAt }] of this.#tickets) {
      if (forgetAt > now) return
      this.#tickets.delete(key)
      const left = (this.#bySender.get(username) ?? 1) - 1
      if (left > 0) this.#bySender.set(username, left)
      else this.#bySender.delete(username)
    }
  }
}
