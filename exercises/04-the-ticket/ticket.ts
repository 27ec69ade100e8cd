/**
 * Exercise 04: message 4, the KDC's answer and the ticket in it. README.md beside this file tells the steps.
 *
 * @module
 */
import type { RandomBytes, Secret } from 'symbolon/protocol'
// import { concat, hkdf, KEY_BYTES, seal, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { Kdc, Listener, Session, TicketContent, UserinfoReply } from './given.ts'

/**
 * Seals a ticket. docs/protocol.md §4.1
 *
 * @param content - what the ticket is to say.
 * @param receiversToken - its bytes: `receiversToken.reveal()`.
 * @param randomBytes - `randomBytes(32)` gives 32 fresh bytes.
 * @returns base64url( 0x01 || sid || salt || sealed content )
 */
export function makeSenderinfo(
  content: TicketContent,
  receiversToken: Secret,
  randomBytes: RandomBytes,
): string {
  // Replace this line. Its cause does nothing but name what you have to work with.
  throw new Error('exercise 04: write makeSenderinfo in ticket.ts', {
    cause: { content, receiversToken, randomBytes },
  })
}

/**
 * Answers message 3. Everything about it has been checked already: the sender is logged in, the receiver listens.
 * docs/protocol.md §3.2 and §4.2
 *
 * @param sender - who asks.
 * @param receiver - whom the sender wants to talk to.
 * @param kdc - the time, the lifetime of tickets, and randomness.
 * @returns what the sender gets to see.
 */
export function answerUserinfo(sender: Session, receiver: Listener, kdc: Kdc): UserinfoReply {
  // Replace this line too. `makeSenderinfo` above seals the ticket for you, once you have written it.
  throw new Error('exercise 04: write answerUserinfo in ticket.ts', { cause: { sender, receiver, kdc } })
}
