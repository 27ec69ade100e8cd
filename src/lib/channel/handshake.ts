/**
 * The channel's handshake: the ticket and Noise NNpsk0 in one round trip. docs/protocol.md §5.1.
 *
 * @module
 */

import { concat, toBase64url, u16, utf8 } from '../bytes.ts'
import { TAG_BYTES } from '../crypto/aead.ts'
import type { RandomBytes } from '../crypto/random.ts'
import type { Secret } from '../crypto/secret.ts'
import { DH_BYTES } from '../crypto/x25519.ts'
import { ProtocolError, TransportError } from '../errors.ts'
import { HandshakeState, NNpsk0, type Transport } from '../noise.ts'
import { MAX_TICKET_BYTES, MIN_TICKET_BYTES, type Ticket } from '../ticket.ts'
import { shorten, type Trace } from '../trace.ts'
import type { Wire } from './wire.ts'

/** From connecting to the end of the handshake. */
export const HANDSHAKE_TIMEOUT_MS = 10_000

/** The first byte on every channel. */
const CHANNEL_VERSION = 0x01
/** An ephemeral key and the tag of an empty payload: in this length there is no room for any other. */
export const NOISE_MESSAGE_BYTES = DH_BYTES + TAG_BYTES

const PROLOGUE = utf8('symbolon/1 channel')

/** What both ends of a handshake may be given. */
export interface HandshakeCommonOptions {
  /** Where randomness comes from. Default: the system's. */
  readonly randomBytes?: RandomBytes | undefined
  /** Hears of each message as it passes. */
  readonly trace?: Trace | undefined
  /** What a trace calls this end. */
  readonly us?: string | undefined
  /** What a trace calls the other end. */
  readonly them?: string | undefined
}

/** What the sender brings: both from the KDC's answer to `/userinfo`. */
export interface InitiateOptions extends HandshakeCommonOptions {
  /** For the receiver: at most 4096 bytes. */
  readonly ticket: Uint8Array
  /** The key of this channel, 32 bytes. */
  readonly secret: Secret
}

/**
 * The sender's side. When it returns, the peer has proved that it knows the secret; nothing but the ticket and an
 * ephemeral key has been sent.
 *
 * @throws ProtocolError `handshake_failed` when the peer refuses or is an impostor.
 */
export async function initiate(wire: Wire, options: InitiateOptions): Promise<Transport> {
  const { ticket, secret, trace, us = 'sender', them = 'receiver' } = options
  const handshake = new HandshakeState({
    pattern: NNpsk0,
    initiator: true,
    prologue: concat(PROLOGUE, ticket),
    psk: secret.reveal(),
    randomBytes: options.randomBytes,
  })
  const message1 = handshake.writeMessage()
  // One write, so that the receiver can judge ticket and message 1 together.
  wire.write(
    concat(Uint8Array.of(CHANNEL_VERSION), u16(ticket.length), ticket, u16(message1.length), message1),
  )
  trace?.({ name: 'ticket', from: us, to: them, by: 'TCP', fields: ticketFields(ticket) })
  trace?.({ name: 'noise-1', from: us, to: them, by: 'TCP', fields: keyFields(message1) })
  const message2 = await wire.readFrame(NOISE_MESSAGE_BYTES, NOISE_MESSAGE_BYTES)
  if (!message2) throw refused()
  trace?.({ name: 'noise-2', from: them, to: us, by: 'TCP', fields: keyFields(message2) })
  handshake.readMessage(message2)
  return finished(handshake)
}

/** What the receiver brings. */
export interface AcceptOptions extends HandshakeCommonOptions {
  /** Judges a ticket, as `openTicket` does; throws to refuse. */
  readonly judge: (ticket: Uint8Array) => Ticket
}

/**
 * The receiver's side: judges the ticket, then lets the sender prove that it knows the secret. Nothing is written before
 * both have succeeded; the caller closes the connection in silence on any error.
 *
 * @throws ProtocolError `version_unknown`, `handshake_failed`, or whatever `judge` throws; CodecError; TransportError.
 */
export async function accept(
  wire: Wire,
  options: AcceptOptions,
): Promise<{ transport: Transport; ticket: Ticket }> {
  const { judge, trace, us = 'receiver' } = options
  const version = await wire.read(1)
  if (!version) throw new TransportError('channel_truncated', 'the connection closed without a word')
  if (version[0] !== CHANNEL_VERSION) {
    throw new ProtocolError(
      'version_unknown',
      `the connection begins with ${version[0]}, not ${CHANNEL_VERSION}`,
    )
  }
  const bytes = await required(wire.readFrame(MIN_TICKET_BYTES, MAX_TICKET_BYTES))
  const ticket = judge(bytes)
  trace?.({ name: 'ticket', from: ticket.username, to: us, by: 'TCP', fields: openedFields(bytes, ticket) })
  const handshake = new HandshakeState({
    pattern: NNpsk0,
    initiator: false,
    prologue: concat(PROLOGUE, bytes),
    psk: ticket.secret.reveal(),
    randomBytes: options.randomBytes,
  })
  const message1 = await required(wire.readFrame(NOISE_MESSAGE_BYTES, NOISE_MESSAGE_BYTES))
  handshake.readMessage(message1)
  trace?.({ name: 'noise-1', from: ticket.username, to: us, by: 'TCP', fields: keyFields(message1) })
  const message2 = handshake.writeMessage()
  wire.writeFrame(message2)
  trace?.({ name: 'noise-2', from: us, to: ticket.username, by: 'TCP', fields: keyFields(message2) })
  return { transport: finished(handshake), ticket }
}

async function required(frame: Promise<Uint8Array | undefined>): Promise<Uint8Array> {
  const bytes = await frame
  if (!bytes) throw new TransportError('channel_truncated', 'the connection closed during the handshake')
  return bytes
}

function refused(): ProtocolError {
  // The receiver says nothing before it knows who asks, so its log is the only place that tells why.
  return new ProtocolError(
    'handshake_failed',
    'the receiver closed the connection instead of proving who it is',
  )
}

function finished(handshake: HandshakeState): Transport {
  const { transport } = handshake
  if (!transport) throw new TypeError('NNpsk0 has two messages')
  return transport
}

function ticketFields(ticket: Uint8Array) {
  return { senderinfo: shorten(toBase64url(ticket)), bytes: ticket.length }
}

function openedFields(bytes: Uint8Array, ticket: Ticket) {
  return {
    ...ticketFields(bytes),
    username: ticket.username,
    ip_addr: ticket.ipAddress,
    secret: shorten(ticket.secret.toText()),
    receiver: ticket.receiver,
    expires_at: ticket.expiresAt,
  }
}

function keyFields(message: Uint8Array) {
  return { e: shorten(toBase64url(message.subarray(0, DH_BYTES))), bytes: message.length }
}
