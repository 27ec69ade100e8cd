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
export type { ListenAnswer, SessionInfo, UserinfoAnswer } from './answers.ts'
export { type Channel, MAX_MESSAGE_BYTES, type Peer } from './channel.ts'
export {
  type ChangePasswordOptions,
  type JudgeKey,
  type LoginOptions,
  login,
  type PasswordSource,
  type Session,
} from './client.ts'
export type { Clock } from './clock.ts'
export type { ConnectOptions, Dial } from './connect.ts'
export type { KdcPlace } from './destination.ts'
export {
  type CodecCode,
  CodecError,
  type ErrorCode,
  type ProtocolCode,
  ProtocolError,
  SymbolonError,
  type TransportCode,
  TransportError,
} from './errors.ts'
export type { HttpLink, Reply as HttpReply, StreamReply as HttpStreamReply } from './http.ts'
export type { Kind as IncomingKind } from './inbox.ts'
export type { KdcLinkOptions } from './kdc-link.ts'
export type { ListenOptions, Refusal } from './listen.ts'
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
export type { Conversation, GroupInfo, GroupStatus, Selection } from './mls/group-info.ts'
export type { Group, Groups, WaitOptions } from './mls/groups.ts'
export type { MailMessage } from './mls/mail-message.ts'
export { Mailbox, type MailboxOptions } from './mls/mailbox.ts'
export type { MailboxHandle } from './mls/mailbox-handle.ts'
export { memoryStateStore } from './mls/memory-state.ts'
export type { StoredMessage } from './mls/messages.ts'
export type { Notice, NoticeCode, OnNotice } from './mls/notices.ts'
export { MAX_BODY_BYTES, type Payload, textOf } from './mls/payload.ts'
export type { Post as PostToKdc } from './mls/post.ts'
export type { Sent as StoreResult } from './mls/sent.ts'
export type { SharedState, StateOwner, StateSource, StateStore } from './mls/state-store.ts'
export { parseUsername } from './names.ts'
export type { PathOrSource, PlaceForFiles, SavedFile } from './paths.ts'
export type { Presence, PresenceChange, PresenceOptions } from './presence.ts'
export type { RandomBytes } from './random.ts'
export type { ListenPlace, MessagesChange, MessagesOptions, OfferedFile, ReceivedMessage } from './receive.ts'
export { type RegisterOptions, register } from './register.ts'
export type { Secret, SecretKind } from './secret.ts'
export type { FileProgress, SendFileOptions, SendOptions, SendResult } from './send.ts'
export type { Trace, TraceEvent } from './trace.ts'
export {
  type Abandoned,
  type Attributes as FileAttributes,
  type Content as OpenFile,
  contentOf,
  type EntrySource,
  type Fate as TransferResult,
  type FileSink,
  type FileSource,
  type Item as TransferItem,
  type Limits as TransferLimits,
  type ReceiveOptions as ReceiveItemsOptions,
  type Refused,
  receiveItems,
  type SendOptions as SendItemsOptions,
  type Source as TransferSource,
  type Summary as TransferSummary,
  sendItems,
  type Take as AcceptItem,
  type Totals as TransferTotals,
  type TreeSink,
  type TreeSource,
} from './transfer/index.ts'
export type { WebStreams } from './web-stream.ts'
