/**
 * The one family of errors. A `code` never changes once released; messages may improve. `docs/errors.md` explains
 * every code; over HTTP the same codes travel in problem details (RFC 9457).
 *
 * A `TypeError` or `RangeError` is not of this family: it says that the calling program is wrong, and is not caught.
 */

/** Every code that an error of this project can have, by the class of the error. docs/errors.md explains each. */
export const ERROR_CODES = {
  /** What was judged and refused; trying the same again gives the same answer. */
  protocol: [
    'account_exists',
    'account_unknown',
    'channel_aborted',
    'channel_closed',
    'clock_wrong',
    'decryption_failed',
    'epoch_passed',
    'file_changed',
    'file_damaged',
    'file_exists',
    'file_refused',
    'file_too_large',
    'file_unknown',
    'files_not_taken',
    'frame_damaged',
    'group_exists',
    'group_replaced',
    'group_unknown',
    'handshake_failed',
    'history_damaged',
    'history_lost',
    'history_forked',
    'invalid_name',
    'invitation_refused',
    'invitation_required',
    'invitation_unknown',
    'kdc_key_changed',
    'listener_unreachable',
    'login_refused',
    'login_stale',
    'member_unverified',
    'message_too_large',
    'not_acknowledged',
    'not_allowed',
    'plaintext_refused',
    'receiver_offline',
    'receiver_unknown',
    'registration_closed',
    'request_refused',
    'state_damaged',
    'stream_not_taken',
    'stream_unexpected',
    'stream_unfinished',
    'ticket_damaged',
    'ticket_expired',
    'ticket_not_for_us',
    'ticket_not_yet_valid',
    'ticket_replayed',
    'ticket_version',
    'token_expired',
    'token_unknown',
    'transfer_too_large',
    'version_unknown',
  ],
  /** These bytes are not that message. */
  codec: ['malformed'],
  /** The other side could not be reached, or stopped half way: trying again later may help. */
  transport: [
    'channel_truncated',
    'kdc_busy',
    'kdc_failed',
    'kdc_unreachable',
    'outcome_unknown',
    'peer_silent',
    'peer_unreachable',
    'port_unavailable',
    'quota_exceeded',
    'too_many_attempts',
  ],
  /** What the KDC keeps cannot be used. */
  store: ['store_newer', 'store_unavailable'],
  /** What a client keeps cannot be used. */
  state: ['state_busy', 'state_damaged', 'state_locked', 'state_unavailable'],
  /** A file with a key of the KDC is not there, or not what was written. */
  keyFile: ['key_file_damaged', 'key_file_missing'],
  /** A file cannot be read or written as it should be. */
  file: ['file_not_moved', 'file_not_private', 'file_not_readable', 'file_not_saved'],
  /** A request that is refused over HTTP: a client gets one of the above for it. */
  http: [
    'body_too_large',
    'headers_too_large',
    'internal',
    'invalid_request',
    'malformed_http',
    'malformed_json',
    'method_not_allowed',
    'not_found',
    'request_timeout',
    'unsupported_media_type',
    'web_page_refused',
  ],
} as const

/** The codes of `ProtocolError`. */
export type ProtocolCode = (typeof ERROR_CODES.protocol)[number]
/** The codes of `CodecError`. */
export type CodecCode = (typeof ERROR_CODES.codec)[number]
/** The codes of `TransportError`. */
export type TransportCode = (typeof ERROR_CODES.transport)[number]
/** The code of any error of the package: `switch (error.code)` of a `SymbolonError` narrows to these. */
export type ErrorCode = (typeof ERROR_CODES)[keyof typeof ERROR_CODES][number]

/** The base of every error that this library throws on purpose. */
export abstract class SymbolonError extends Error {
  /** What happened, in a word that programs can rely on. */
  abstract readonly code: ErrorCode
}

/** Judged and refused. */
export class ProtocolError extends SymbolonError {
  /** `ProtocolError`. */
  override readonly name = 'ProtocolError'
  /** Which of the refusals it is. */
  readonly code: ProtocolCode

  /** @param message - in plain words, for a person. */
  constructor(code: ProtocolCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** These bytes are not that message. */
export class CodecError extends SymbolonError {
  /** `CodecError`. */
  override readonly name = 'CodecError'
  /** `malformed`. */
  readonly code: CodecCode = 'malformed'
}

/** Not reached, or interrupted: try again later. */
export class TransportError extends SymbolonError {
  /** `TransportError`. */
  override readonly name = 'TransportError'
  /** What was not reached, or interrupted. */
  readonly code: TransportCode

  /** @param message - in plain words, for a person. */
  constructor(code: TransportCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
