/**
 * Given: the shapes that `ticket.ts` works with. Nothing to change here.
 *
 * @module
 */
import type { RandomBytes, Secret } from 'symbolon/protocol'

/** A principal that has logged in (messages 1 and 2), as the KDC remembers it. It remembers more, which is nobody else's business. */
export interface Session {
  readonly username: string
  /** The 32-byte key that only this principal and the KDC know. */
  readonly token: Secret
  /** Where the principal is, as the KDC saw it. */
  readonly ipAddress: string
}

/** A principal that also waits for channels, at a port it has told the KDC. */
export interface Listener extends Session {
  readonly port: number
}

/** What the KDC has at hand for every answer. */
export interface Kdc {
  /** Unix seconds. */
  readonly now: number
  /** How long a ticket is good. */
  readonly ticketLifetimeSec: number
  /** Gives as many fresh random bytes as you ask for, or throws. */
  readonly randomBytes: RandomBytes
}

/** What a ticket says: the JSON that is sealed. docs/protocol.md §4.1 */
export interface TicketContent {
  /** Who asked for the ticket: the sender. */
  readonly username: string
  /** The sender's address. */
  readonly ip_addr: string
  /** The key of the conversation, in base64url. */
  readonly secret: string
  /** For whom the ticket is. */
  readonly receiver: string
  /** Unix seconds, both. */
  readonly issued_at: number
  readonly expires_at: number
}

/** Message 4: the JSON that the KDC answers to the sender. docs/protocol.md §3.2 */
export interface UserinfoReply {
  /** Where the receiver listens. */
  readonly ip_addr: string
  readonly port: number
  /** The key of the conversation, in base64url. */
  readonly secret: string
  /** The ticket, in base64url. */
  readonly senderinfo: string
  /** When the ticket ends, and the KDC's time now: Unix seconds. */
  readonly expires_at: number
  readonly time: number
}

/** What you write. */
export type MakeSenderinfo = (
  content: TicketContent,
  receiversToken: Secret,
  randomBytes: RandomBytes,
) => string
export type AnswerUserinfo = (sender: Session, receiver: Listener, kdc: Kdc) => UserinfoReply
