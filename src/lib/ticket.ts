/**
 * The ticket, `senderinfo` on the wire: the sender's name and address and the secret of one channel, sealed by the KDC
 * under the receiver's session token. docs/protocol.md §4; Kerberos calls this user-to-user, RFC 4120 §3.7.
 *
 * Both sides of the ticket live here: the KDC makes one with `createTicket`, the receiver judges it with `openTicket`.
 *
 * @module
 */
import * as v from 'valibot'
import { concat, EMPTY, equal, fromUtf8, utf8 } from './bytes.ts'
import { type Clock, systemClock } from './clock.ts'
import { open, seal, TAG_BYTES, ZERO_NONCE } from './crypto/aead.ts'
import { hkdf } from './crypto/hkdf.ts'
import { type RandomBytes, secureRandomBytes } from './crypto/random.ts'
import { KEY_BYTES, Secret } from './crypto/secret.ts'
import { ProtocolError } from './errors.ts'
import { unixSeconds } from './fields.ts'
import { USERNAME } from './names.ts'
import type { AcceptedTickets } from './replay.ts'

/** The only version there is; every ticket begins with it. */
export const TICKET_VERSION = 0x01
/** Length of a session id. */
export const SESSION_ID_BYTES = 16
/** Length of the salt that makes each ticket's key another. */
export const SALT_BYTES = 32
/** version || session id || salt */
export const HEADER_BYTES = 1 + SESSION_ID_BYTES + SALT_BYTES
/** The longest ticket a receiver reads: ten times what the protocol needs, small enough to hold for a stranger. */
export const MAX_TICKET_BYTES = 4096
/** The shortest sealed ticket: a header and the tag of nothing. */
export const MIN_TICKET_BYTES = HEADER_BYTES + TAG_BYTES
/** How far the receiver's clock may be from the KDC's. */
export const CLOCK_SKEW_SEC = 60

const SESSION_ID_INFO = 'symbolon/1 session id'
const TICKET_INFO = 'symbolon/1 ticket'

/** What a ticket says. Times are Unix seconds. */
export interface Ticket {
  /** Who asked for the ticket: the sender, vouched for by the KDC. */
  readonly username: string
  /** The sender's address, as the KDC saw it. */
  readonly ipAddress: string
  /** The key of one channel. */
  readonly secret: Secret
  /** For whom it was made. */
  readonly receiver: string
  /** When it was made: Unix seconds by the KDC's clock. */
  readonly issuedAt: number
  /** When it is worth nothing any more: Unix seconds by the KDC's clock. */
  readonly expiresAt: number
}

// Unknown fields are allowed, so that the KDC may add some; these six are required.
export const TicketJson = v.object({
  username: v.pipe(v.string(), v.regex(USERNAME)),
  ip_addr: v.pipe(v.string(), v.ip()),
  secret: v.string(),
  receiver: v.pipe(v.string(), v.regex(USERNAME)),
  issued_at: unixSeconds,
  expires_at: unixSeconds,
})

/**
 * The public name of a session, from its token: HKDF-SHA256(token, "", "symbolon/1 session id", 16 bytes). It tells the
 * receiver which of its sessions a ticket is for, and tells others nothing.
 */
export function sessionId(token: Secret): Uint8Array {
  return hkdf(token.reveal(), EMPTY, SESSION_ID_INFO, SESSION_ID_BYTES)
}

// A key of its own for every ticket, so that the zero nonce seals exactly once.
function ticketKey(token: Secret, salt: Uint8Array): Uint8Array {
  return hkdf(token.reveal(), salt, TICKET_INFO, KEY_BYTES)
}

/**
 * Seals a ticket: the KDC's half.
 *
 * @param ticket - what the ticket is to say.
 * @param token - session token of the *receiver*.
 * @param options.sid - `sessionId(token)`, where the caller has it already.
 * @returns the ticket's bytes; JSON carries them as base64url.
 * @example const ticket = createTicket({ username: 'alice', receiver: 'bob', ... }, bobsToken)
 */
export function createTicket(
  ticket: Ticket,
  token: Secret,
  options: { randomBytes?: RandomBytes; sid?: Uint8Array } = {},
): Uint8Array {
  const { randomBytes = secureRandomBytes, sid = sessionId(token) } = options
  const salt = randomBytes(SALT_BYTES)
  const header = concat(Uint8Array.of(TICKET_VERSION), sid, salt)
  const plaintext = utf8(
    JSON.stringify({
      username: ticket.username,
      ip_addr: ticket.ipAddress,
      secret: ticket.secret.toText(),
      receiver: ticket.receiver,
      issued_at: ticket.issuedAt,
      expires_at: ticket.expiresAt,
    }),
  )
  return concat(header, seal(ticketKey(token, salt), ZERO_NONCE, header, plaintext))
}

/** Whom the receiver takes itself to be, and what it remembers, when it judges a ticket. */
export interface OpenTicketOptions {
  /** The receiver's own username. */
  readonly receiver: string
  /** The tickets this session has accepted; `openTicket` adds to them. */
  readonly accepted: AcceptedTickets
  /** Default: the system clock. A client gives the KDC's, as its last answer told it. */
  readonly clock?: Clock
}

/**
 * Opens a ticket and judges it, in the order of docs/protocol.md §4.3: the receiver's half.
 *
 * @param ticket - the bytes a stranger sent; not trusted before this function returns.
 * @param token - session token of this receiver.
 * @returns what the KDC vouches for. The sender has yet to prove, in the handshake, that it knows the secret.
 * @throws ProtocolError `ticket_version`, `ticket_not_for_us`, `ticket_damaged`, `ticket_not_yet_valid`,
 *   `ticket_expired`, `ticket_replayed`, and `request_refused` when the memory is full. They are for the receiver's own log: the stranger learns nothing but a close.
 * @example const { username, secret } = openTicket(bytes, token, { receiver: 'bob', accepted })
 */
export function openTicket(ticket: Uint8Array, token: Secret, options: OpenTicketOptions): Ticket {
  const { receiver, accepted, clock = systemClock } = options
  if (ticket.length < MIN_TICKET_BYTES || ticket.length > MAX_TICKET_BYTES) {
    throw new ProtocolError('ticket_damaged', `the ticket has ${ticket.length} bytes`)
  }
  if (ticket[0] !== TICKET_VERSION) {
    throw new ProtocolError('ticket_version', `the ticket is of version ${ticket[0]}, not ${TICKET_VERSION}`)
  }
  const header = ticket.subarray(0, HEADER_BYTES)
  if (!equal(header.subarray(1, 1 + SESSION_ID_BYTES), sessionId(token))) {
    throw new ProtocolError('ticket_not_for_us', 'the ticket is for another session')
  }
  const salt = header.subarray(1 + SESSION_ID_BYTES)
  const content = parseTicket(unseal(ticket, header, ticketKey(token, salt)))
  if (content.receiver !== receiver) {
    throw new ProtocolError('ticket_not_for_us', `the ticket is for ${content.receiver}`)
  }
  const now = clock()
  if (content.issuedAt > now + CLOCK_SKEW_SEC) {
    throw new ProtocolError(
      'ticket_not_yet_valid',
      `the ticket is from ${content.issuedAt - now} s ahead of our clock`,
    )
  }
  if (content.expiresAt <= now - CLOCK_SKEW_SEC) {
    throw new ProtocolError('ticket_expired', `the ticket expired ${now - content.expiresAt} s ago`)
  }
  // Last, so that only tickets which passed everything else take a place in the memory.
  const { username, expiresAt } = content
  if (!accepted.add(salt, { username, forgetAt: expiresAt + CLOCK_SKEW_SEC }, now)) {
    throw new ProtocolError('ticket_replayed', 'the ticket was used before')
  }
  return content
}

function unseal(ticket: Uint8Array, header: Uint8Array, key: Uint8Array): Uint8Array {
  try {
    return open(key, ZERO_NONCE, header, ticket.subarray(HEADER_BYTES))
  } catch (cause) {
    throw new ProtocolError('ticket_damaged', 'the ticket was not sealed by our KDC for this session', {
      cause,
    })
  }
}

// The plaintext is authentic, but a KDC can be wrong too.
function parseTicket(plaintext: Uint8Array): Ticket {
  try {
    const json = v.parse(TicketJson, JSON.parse(fromUtf8(plaintext)))
    return {
      username: json.username,
      ipAddress: json.ip_addr,
      secret: Secret.fromText('channel secret', json.secret),
      receiver: json.receiver,
      issuedAt: json.issued_at,
      expiresAt: json.expires_at,
    }
  } catch {
    // No cause: a JSON or schema error would quote the plaintext, secret included.
    throw new ProtocolError('ticket_damaged', 'the ticket holds something other than the six fields')
  }
}
