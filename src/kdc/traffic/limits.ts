/**
 * What strangers and principals may cost the KDC over HTTP, all in one place. docs/operating.md has the same as a table.
 *
 * @module
 */

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE

/** What a connection may cost. */
export interface Limits {
  /** The whole request, headers and body, must have arrived by then; under TLS the handshake, before, has as long. */
  readonly requestTimeoutMs: number
  /** A connection that asks nothing is closed after this. */
  readonly keepAliveTimeoutMs: number
  readonly maxHeaderBytes: number
  /** More connections than this are closed as they come. */
  readonly maxConnections: number
  /** Of these, how many may have no complete request under way; one of the largest crowd gives way to a newcomer. */
  readonly maxSilent: number
  /** Requests that came while another of their connection is being answered, and wait for that; one more ends the connection. */
  readonly maxPipelined: number
  /** The bodies of those that wait, together. */
  readonly maxPipelinedBytes: number
  /** A whole answer must have been read by then. */
  readonly answerTimeoutMs: number
  /** For so long what is left of a request is read, and forgotten, after its answer. */
  readonly discardTimeoutMs: number
  /** And so much of it. */
  readonly maxDiscardBytes: number
  /** Of so many requests at a time; so many others wait, and of the rest nothing is read. */
  readonly maxDiscards: number
  readonly maxWaitingDiscards: number
  /** How long requests under way may take to finish once the server is to stop. */
  readonly drainTimeoutMs: number
}

/** The defaults. */
export const LIMITS: Limits = {
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 5000,
  maxHeaderBytes: 16 * KIBIBYTE,
  maxConnections: 4096,
  maxSilent: 1024,
  maxPipelined: 16,
  maxPipelinedBytes: 64 * KIBIBYTE,
  answerTimeoutMs: 30_000,
  discardTimeoutMs: 5000,
  maxDiscardBytes: 32 * MEBIBYTE,
  maxDiscards: 2,
  maxWaitingDiscards: 64,
  drainTimeoutMs: 5000,
}

/** What is there for all together, and how much of it each may have at a time, in bytes. */
export interface Share {
  readonly total: number
  readonly each: number
}

/** What reads of what is stored may cost, at one node. */
export interface ReadLimits {
  /** Answers that are being made, or were not read yet: each principal's share. */
  readonly answers: Share
  /** Answers of one principal that are made one right after the other, in bytes; then as many a second. */
  readonly burstBytes: number
  readonly bytesPerSec: number
  /** An answer counts for so much at least: to look is work, too. */
  readonly leastBytes: number
  /** How often a request of one id is answered: once more than once, should the connection have died before the answer came. */
  readonly answersOfOneId: number
  /** Ids that are remembered of one principal, and of all together; then the oldest are forgotten. */
  readonly ids: { readonly total: number; readonly each: number }
  /** So long a refusal takes: a client that insists does so once a second on each connection. */
  readonly refusalMs: number
}

/** The defaults. */
export const READ_LIMITS: ReadLimits = {
  answers: { total: 192 * MEBIBYTE, each: 24 * MEBIBYTE },
  burstBytes: 64 * MEBIBYTE,
  bytesPerSec: 32 * MEBIBYTE,
  leastBytes: 16 * KIBIBYTE,
  answersOfOneId: 2,
  ids: { total: 131_072, each: 4096 },
  refusalMs: 1000,
}

/** The most that an answer has, sealed, in bytes. */
export const ANSWER_BYTES = {
  /** A page, or one entry that is longer than a page: a message of the longest request, and names. */
  mailbox: 2304 * KIBIBYTE,
  fileChunk: 352 * KIBIBYTE,
  groupList: 1280 * KIBIBYTE,
  groupInfo: 1792 * KIBIBYTE,
  identities: 1024 * KIBIBYTE,
  online: 128 * KIBIBYTE,
} as const

/** Long request bodies, more than 16 KiB, that are coming in or being read at one node. */
export interface BodyLimits {
  /** From one network: an IPv4 address, an IPv6 /64, or loopback. */
  readonly ofNetwork: Share
  /** From one network for one session: whose it really is shows at the end. */
  readonly ofSession: Share
}

/** The defaults. */
export const BODY_LIMITS: BodyLimits = {
  ofNetwork: { total: 96 * MEBIBYTE, each: 32 * MEBIBYTE },
  ofSession: { total: 96 * MEBIBYTE, each: 8 * MEBIBYTE },
}
