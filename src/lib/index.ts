/**
 * Symbolon: authenticated, encrypted channels between names, with no certificates.
 *
 * What a program needs. `symbolon/node` keeps state and files on disk, `symbolon/kdc` is the other side, and `symbolon/protocol` has the
 * parts that all of it is made of.
 *
 * @example
 * import { login } from 'symbolon'
 *
 * const alice = await login('http://127.0.0.1:8800', 'alice', password)
 * const { route } = await alice.send('bob', 'hello')   // 'direct': bob has acknowledged it; or 'stored' for bob
 *
 * @module
 */
/// <reference types="node" preserve="true" />

export type { WaitOptions } from './abort.ts'
export type { Channel } from './channel/channel.ts'
export type { ConnectOptions, Dial } from './channel/connect.ts'
export type { IncomingKind } from './channel/inbox.ts'
export type { ListenOptions, Refusal } from './channel/listen.ts'
export type { Message } from './channel/message.ts'
export { MAX_MESSAGE_BYTES } from './channel/message.ts'
export type { Peer, ReceiveOptions } from './channel/options.ts'
export type { WebStreams } from './channel/web-stream.ts'
export type { Clock } from './clock.ts'
export type { FileProgress, SendFileOptions, SendOptions, SendResult } from './connect-or-store.ts'
export type { RandomBytes } from './crypto/random.ts'
export type { Secret, SecretKind } from './crypto/secret.ts'
export {
  type CodecCode,
  CodecError,
  ERROR_CODES,
  type ErrorCode,
  type ProtocolCode,
  ProtocolError,
  SymbolonError,
  type TransportCode,
  TransportError,
} from './errors.ts'
export type { Group, Groups } from './groups.ts'
export type { ListenAnswer, OtherReceiver, SessionInfo, UserinfoAnswer } from './kdc-link/answers.ts'
export type { HttpLink, HttpReply, HttpStreamReply } from './kdc-link/http.ts'
export type { KdcLinkOptions } from './kdc-link/kdc-link.ts'
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
export { Mailbox, type MailboxOptions } from './mls/mailbox.ts'
export type { MailboxHandle } from './mls/mailbox-handle.ts'
export { NOTICE_CODES, type Notice, type NoticeCode, type OnNotice } from './mls/notices.ts'
export { MAX_BODY_BYTES, type Payload, textOf } from './mls/payload.ts'
export type { MailMessage, StoredMessage } from './mls/state/stored-message.ts'
export type { SharedState, StateOwner, StateSource, StateStore } from './mls/state-store.ts'
export { memoryStateStore } from './mls/state-store.ts'
export type {
  Conversation,
  GroupInfo,
  GroupStatus,
  PostToKdc,
  Selection,
  StoreResult,
} from './mls/types.ts'
export { parseUsername } from './names.ts'
export type { KdcPlace } from './network/destination.ts'
export type { PathOrSource, PlaceForFiles, SavedFile } from './paths.ts'
export type { Announcement, Presence, PresenceChange, PresenceOptions } from './presence.ts'
export type { ListenPlace, MessagesChange, MessagesOptions, OfferedFile, ReceivedMessage } from './receive.ts'
export { type RegisterOptions, register } from './register.ts'
export type { JudgeKey, Login, LoginOptions, LoginSource, PasswordSource } from './renewable-login.ts'
export { type ChangePasswordOptions, login, type Session } from './session.ts'
export type { Trace, TraceEvent } from './trace.ts'
export {
  type Abandoned,
  type AcceptItem,
  contentOf,
  type EntrySource,
  type FileAttributes,
  type FileSink,
  type FileSource,
  type ItemResult,
  type LinkOptions,
  type OpenFile,
  type ReceiveItemsOptions,
  type Refused,
  receiveItems,
  type SendItemsOptions,
  sendItems,
  type TransferItem,
  type TransferLimits,
  type TransferSource,
  type TransferSummary,
  type TransferTotals,
  type TreeSink,
  type TreeSource,
} from './transfer/index.ts'
