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

export { concat, EMPTY, equal, fromBase64url, fromUtf8, toBase64url, u16, utf8 } from './bytes.ts'
export { Channel, type ChannelOptions, MAX_MESSAGE_BYTES, type Peer } from './channel/channel.ts'
export { type ConnectOptions, connect, type Dial } from './channel/connect.ts'
export { type AcceptOptions, accept, type InitiateOptions, initiate } from './channel/handshake.ts'
export type { IncomingKind } from './channel/inbox.ts'
export { type Listener, type ListenOptions, listen, type Refusal } from './channel/listen.ts'
export type { Message } from './channel/message.ts'
export { type ChannelRecord, decodeRecords, encodeMessage, encodeRecord } from './channel/records.ts'
export type { WebStreams } from './channel/web-stream.ts'
export { Wire, type WireOptions } from './channel/wire.ts'
export { type Clock, systemClock } from './clock.ts'
export { open, seal, ZERO_NONCE } from './crypto/aead.ts'
export { hkdf } from './crypto/hkdf.ts'
export { type RandomBytes, secureRandomBytes } from './crypto/random.ts'
export { KEY_BYTES, Secret, type SecretKind } from './crypto/secret.ts'
export type { KeyPair } from './crypto/x25519.ts'
export {
  CodecError,
  type ProtocolCode,
  ProtocolError,
  SymbolonError,
  type TransportCode,
  TransportError,
} from './errors.ts'
export type { Group, Groups, WaitOptions } from './groups.ts'
export { createInvitation, invitationToken } from './invitation.ts'
export type { ListenAnswer, SessionInfo, UserinfoAnswer } from './kdc-link/answers.ts'
export type { HttpLink, HttpReply } from './kdc-link/http.ts'
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
export {
  Mailbox,
  type MailboxOptions,
} from './mls/mailbox.ts'
export type { MailboxHandle } from './mls/mailbox-handle.ts'
export { memoryStateStore } from './mls/memory-state.ts'
export type { Notice, NoticeCode, OnNotice } from './mls/notices.ts'
export { MAX_BODY_BYTES, textOf } from './mls/payload.ts'
export type { MailMessage } from './mls/state/stored-message.ts'
export type { SharedState, StateOwner, StateSource, StateStore } from './mls/state-store.ts'
export type { Conversation, GroupInfo, GroupStatus, PostToKdc, Sent } from './mls/types.ts'
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
export type { PathOrSource, SavedFile } from './paths.ts'
export type { Presence, PresenceChange, PresenceOptions } from './presence.ts'
export type {
  ListenPlace,
  MessagesChange,
  MessagesOptions,
  OfferedFile,
  ReceivedMessage,
} from './receive.ts'
export { type RegisterOptions, register } from './register.ts'
export { AcceptedTickets } from './replay.ts'
export type { FileProgress, SendFileOptions, SendOptions, SendResult } from './send.ts'
export {
  type ChangePasswordOptions,
  type JudgeKey,
  type Login,
  type LoginOptions,
  type LoginSource,
  login,
  type PasswordSource,
  type Session,
} from './session.ts'
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
  type AcceptItem,
  type Attributes,
  type Content,
  contentOf,
  type EntrySource,
  type FileSink,
  type FileSource,
  type ItemResult,
  type ReceiveOptions,
  receiveItems,
  type SendOptions as TransferSendOptions,
  type Source,
  type Summary,
  sendItems,
  type TransferItem,
  type TreeSink,
  type TreeSource,
} from './transfer/index.ts'
