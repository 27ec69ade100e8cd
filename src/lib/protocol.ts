/**
 * The parts of the protocol: tickets, Noise, records, sealed requests, and the bytes that they are made of. For exercises, and for
 * implementations in other languages to be compared with; a program needs none of it. docs/protocol.md says what each is.
 *
 * @example
 * import { createTicket, openTicket, Secret, secureRandomBytes } from 'symbolon/protocol'
 *
 * @module
 */
/// <reference types="node" preserve="true" />

export { concat, EMPTY, equal, fromBase64url, fromUtf8, toBase64url, u16, utf8 } from './bytes.ts'
export { Channel, type ChannelOptions, type Peer, type ReceiveOptions } from './channel/channel.ts'
export { type ConnectOptions, connect, type Dial } from './channel/connect.ts'
export {
  type AcceptOptions,
  accept,
  type HandshakeCommonOptions,
  type InitiateOptions,
  initiate,
} from './channel/handshake.ts'
export { Listener, type ListenOptions, listen, type Refusal } from './channel/listen.ts'
export { type ChannelRecord, decodeRecords, encodeMessage, encodeRecord } from './channel/records.ts'
export { type FrameReader, Wire, type WireOptions } from './channel/wire.ts'
export { type Clock, systemClock } from './clock.ts'
export { open, seal, TAG_BYTES, ZERO_NONCE } from './crypto/aead.ts'
export { hkdf } from './crypto/hkdf.ts'
export type { KeyPair } from './crypto/primitives/types.ts'
export { type RandomBytes, secureRandomBytes } from './crypto/random.ts'
export { KEY_BYTES, Secret, type SecretKind } from './crypto/secret.ts'
export { createInvitation, invitationToken } from './invitation.ts'
export {
  CipherState,
  type HandshakeOptions,
  type HandshakePattern,
  HandshakeState,
  NNpsk0,
  type PatternToken,
  SymmetricState,
  type Transport,
} from './noise.ts'
export { type AcceptedTicket, AcceptedTickets } from './replay.ts'
export {
  MAX_CLOCK_OFFSET_SEC,
  openReply,
  openRequest,
  parseSealedRequest,
  SEALED_TYPE,
  type SealedReply,
  type SealedRequest,
  type SealedRoute,
  sealReply,
  sealRequest,
} from './sealed.ts'
export {
  CLOCK_SKEW_SEC,
  createTicket,
  type OpenTicketOptions,
  openTicket,
  sessionId,
  type Ticket,
} from './ticket.ts'
export type { Trace, TraceEvent } from './trace.ts'
