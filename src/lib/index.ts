/**
 * Symbolon: authenticated, encrypted channels between names, with no certificates.
 *
 * @example
 * import { login } from 'symbolon'
 *
 * const alice = await login('http://127.0.0.1:8800', 'alice', password)
 * const channel = await alice.connect('bob')
 * await channel.send('hello')   // resolves when bob has acknowledged it
 *
 * @module
 */
export { open, seal, ZERO_NONCE } from './aead.ts'
export type { ListenAnswer, SessionInfo, UserinfoAnswer } from './answers.ts'
export { concat, EMPTY, equal, fromBase64url, fromUtf8, toBase64url, u16, utf8 } from './bytes.ts'
export { Channel, type ChannelOptions, MAX_MESSAGE_BYTES, type Peer } from './channel.ts'
export {
  type ChangePasswordOptions,
  type JudgeKey,
  type Login,
  type LoginOptions,
  type LoginSource,
  login,
  type PasswordSource,
  type Session,
} from './client.ts'
export { type Clock, systemClock } from './clock.ts'
export { type ConnectOptions, connect, type Dial } from './connect.ts'
export {
  CodecError,
  type ProtocolCode,
  ProtocolError,
  SymbolonError,
  type TransportCode,
  TransportError,
} from './errors.ts'
export { type AcceptOptions, accept, type InitiateOptions, initiate } from './handshake.ts'
export { hkdf } from './hkdf.ts'
export type { HttpLink, Reply } from './http.ts'
export type { Kind } from './inbox.ts'
export { createInvitation, invitationToken } from './invitation.ts'
export { type Listener, type ListenOptions, listen, type Refusal } from './listen.ts'
export type { Message } from './message.ts'
export {
  encodeFileNote,
  type FetchOptions,
  type FileNote,
  fetchFile,
  fileNoteOf,
  MAX_FILE_BYTES,
  type OutgoingFile,
  type UploadOptions,
  uploadFile,
} from './mls/files.ts'
export type { Conversation, GroupInfo, GroupStatus } from './mls/group-info.ts'
export type { MailMessage } from './mls/mail-message.ts'
export {
  Mailbox,
  type MailboxOptions,
} from './mls/mailbox.ts'
export type { Notice, NoticeCode, OnNotice } from './mls/notices.ts'
export { MAX_BODY_BYTES, textOf } from './mls/payload.ts'
export type { Post } from './mls/post.ts'
export type { Sent } from './mls/sent.ts'
export type { StateStore } from './mls/state-store.ts'
export { parseUsername } from './names.ts'
export {
  CipherState,
  type HandshakeOptions,
  type HandshakePattern,
  HandshakeState,
  NNpsk0,
  SymmetricState,
  type Transport,
} from './noise.ts'
export type { Presence, PresenceChange, PresenceOptions } from './presence.ts'
export { type RandomBytes, secureRandomBytes } from './random.ts'
export { type ChannelRecord, decodeRecords, encodeMessage, encodeRecord } from './records.ts'
export { type RegisterOptions, register } from './register.ts'
export { AcceptedTickets } from './replay.ts'
export { KEY_BYTES, Secret, type SecretKind } from './secret.ts'
export {
  CLOCK_SKEW_SEC,
  createTicket,
  type OpenTicketOptions,
  openTicket,
  sessionId,
  type Ticket,
} from './ticket.ts'
export type { Trace, TraceEvent } from './trace.ts'
export {
  type Attributes,
  type Content,
  contentOf,
  type EntrySource,
  type Fate,
  type FileSink,
  type FileSource,
  type Item,
  type ReceiveOptions,
  receiveItems,
  type SendOptions,
  type Source,
  type Summary,
  sendItems,
  type Take,
  type TreeSink,
  type TreeSource,
} from './transfer/index.ts'
export type { WebStreams } from './web-stream.ts'
export { Wire, type WireOptions } from './wire.ts'
export type { KeyPair } from './x25519.ts'
