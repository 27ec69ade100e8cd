/**
 * What strangers and principals may cost the KDC over HTTP, all in one place. docs/operating.md has the same as a table.
 */

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE

/** What a connection may cost. */
export const CONNECTION_LIMITS = {
  /** The whole request, headers and body, must have arrived by then; under TLS the handshake, before, has as long. */
  requestTimeoutMs: 10_000,
  /** A connection that asks nothing is closed after this. */
  keepAliveTimeoutMs: 5000,
  maxHeaderBytes: 16 * KIBIBYTE,
  /** More connections than this are closed as they come. */
  maxConnections: 4096,
  /** Of these, how many may have no complete request under way; one of the largest crowd gives way to a newcomer. */
  maxSilent: 1024,
  /** Requests that came while another of their connection is being answered, and wait for that; one more ends the connection. */
  maxPipelined: 16,
  /** The bodies of those that wait, together. */
  maxPipelinedBytes: 64 * KIBIBYTE,
  /** A whole answer must have been read by then. */
  answerTimeoutMs: 30_000,
  /** For so long what is left of a request is read, and forgotten, after its answer. */
  discardTimeoutMs: 5000,
  maxDiscardBytes: 32 * MEBIBYTE,
  /** Of so many requests at a time; so many others wait, and of the rest nothing is read. */
  maxDiscards: 2,
  maxWaitingDiscards: 64,
  /** How long requests under way may take to finish once the server is to stop. */
  drainTimeoutMs: 5000,
}

export type ConnectionLimits = Readonly<typeof CONNECTION_LIMITS>

/** What is there for all together, and how much of it each may have at a time, in bytes. */
export interface Share {
  readonly total: number
  readonly each: number
}

/** What reads of what is stored may cost, at one node. */
export const READ_LIMITS = {
  /** Answers that are being made, or were not read yet: each principal's share. */
  answers: { total: 192 * MEBIBYTE, each: 24 * MEBIBYTE },
  /** After so long an answer that was not read gives way to that of any other principal, where there is no room. */
  unreadMs: 5000,
  /** Answers of one principal that are made one right after the other, in bytes; then as many a second. */
  burstBytes: 64 * MEBIBYTE,
  bytesPerSec: 32 * MEBIBYTE,
  /** An answer counts for so much at least: to look is work, too. */
  leastBytes: 16 * KIBIBYTE,
  /** How often a request of one id is answered: once more than once, should the connection have died before the answer came. */
  answersOfOneId: 2,
  /** Ids that are remembered of one principal, and of all together; then the oldest are forgotten. */
  ids: { total: 131_072, each: 4096 },
  /** So long a refusal takes: a client that insists does so once a second on each connection. */
  refusalMs: 1000,
}

export type ReadLimits = Readonly<typeof READ_LIMITS>

/** The most that an answer has, sealed, in bytes. */
export const ANSWER_BYTES = {
  /** A page, or one entry that is longer than a page: a message of the longest request, and names. */
  mailbox: 2304 * KIBIBYTE,
  fileChunk: 352 * KIBIBYTE,
  groupList: 1280 * KIBIBYTE,
  groupInfo: 1792 * KIBIBYTE,
  identities: 1024 * KIBIBYTE,
  online: 128 * KIBIBYTE,
}

/** Long request bodies, more than 16 KiB, that are coming in or being read at one node. */
export const BODY_LIMITS = {
  /** From one network: an IPv4 address, an IPv6 /64, or loopback. */
  ofNetwork: { total: 96 * MEBIBYTE, each: 32 * MEBIBYTE },
  /** From one network for one session: whose it really is shows at the end. */
  ofSession: { total: 96 * MEBIBYTE, each: 8 * MEBIBYTE },
}
