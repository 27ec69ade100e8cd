/**
 * Sealed requests: after the login, every exchange with the KDC in an envelope that only the two of them can open.
 * docs/protocol.md §3.7.
 *
 * Each side draws a salt of its own, so every key seals exactly once, whatever an attacker repeats.
 *
 * @module
 */
import * as v from 'valibot'
import { concat, fromUtf8, utf8 } from './bytes.ts'
import { open, seal, TAG_BYTES, ZERO_NONCE } from './crypto/aead.ts'
import { hkdf } from './crypto/hkdf.ts'
import { type RandomBytes, secureRandomBytes } from './crypto/random.ts'
import type { Secret } from './crypto/secret.ts'
import { CodecError } from './errors.ts'
import { unixSeconds } from './fields.ts'
import { SALT_BYTES, SESSION_ID_BYTES, sessionId } from './ticket.ts'

/** The media type of sealed requests and replies. */
export const SEALED_TYPE = 'application/vnd.symbolon.sealed'
/** How far the request's time may be from the KDC's clock. */
export const MAX_CLOCK_OFFSET_SEC = 300

const VERSION = 0x01
const REQUEST_HEADER_BYTES = 1 + SESSION_ID_BYTES + SALT_BYTES
const REPLY_HEADER_BYTES = 1 + SALT_BYTES
const REQUEST_INFO = 'symbolon/1 request'
const REPLY_INFO = 'symbolon/1 reply'

export const ReplyJson = v.object({
  status: v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599)),
  time: unixSeconds,
  body: v.unknown(),
})

/** What the envelope is bound to: `POST /userinfo`. */
export type SealedRoute = `${string} ${string}`

/** A sealed request, taken apart but not opened. */
export interface SealedRequest {
  /** Which session's token opens it: 16 bytes, not yet trusted. */
  readonly sid: Uint8Array
  /** 32 bytes, drawn by the client. */
  readonly salt: Uint8Array
  /** Version, session id and salt: authenticated with the rest. */
  readonly header: Uint8Array
  /** The JSON, encrypted, and its tag. */
  readonly sealed: Uint8Array
}

/**
 * Seals a request: the client's half.
 *
 * @param body - the request's JSON; `id` and `time` are among its fields (docs/protocol.md §3.7).
 * @returns the bytes to send, and the salt with which `openReply` opens the answer.
 */
export function sealRequest(
  token: Secret,
  route: SealedRoute,
  body: object,
  randomBytes: RandomBytes = secureRandomBytes,
): { bytes: Uint8Array; salt: Uint8Array } {
  const salt = randomBytes(SALT_BYTES)
  const header = concat(Uint8Array.of(VERSION), sessionId(token), salt)
  const key = hkdf(token.reveal(), salt, REQUEST_INFO)
  return {
    bytes: concat(header, seal(key, ZERO_NONCE, concat(utf8(route), header), utf8(JSON.stringify(body)))),
    salt,
  }
}

/**
 * Takes a sealed request apart: the KDC's half, as far as it goes without the token.
 *
 * @throws CodecError `malformed` for another version or too few bytes.
 */
export function parseSealedRequest(bytes: Uint8Array): SealedRequest {
  if (bytes.length < REQUEST_HEADER_BYTES + TAG_BYTES || bytes[0] !== VERSION) {
    throw new CodecError('sealed request: too short, or of another version')
  }
  const header = bytes.subarray(0, REQUEST_HEADER_BYTES)
  return {
    sid: header.subarray(1, 1 + SESSION_ID_BYTES),
    salt: header.subarray(1 + SESSION_ID_BYTES),
    header,
    sealed: bytes.subarray(REQUEST_HEADER_BYTES),
  }
}

/**
 * Opens a sealed request.
 *
 * @returns its JSON.
 * @throws ProtocolError `decryption_failed` for another token or route, and any changed bit; CodecError `malformed`.
 */
export function openRequest(request: SealedRequest, token: Secret, route: SealedRoute): unknown {
  const key = hkdf(token.reveal(), request.salt, REQUEST_INFO)
  return parseJson(open(key, ZERO_NONCE, concat(utf8(route), request.header), request.sealed))
}

/** A reply, as it is inside its envelope. */
export interface SealedReply {
  /** The HTTP status; the one outside is not authenticated. */
  readonly status: number
  /** The KDC's clock, Unix seconds. */
  readonly time: number
  /** The JSON of the answer, or of a problem (RFC 9457). */
  readonly body: unknown
}

/**
 * Seals the reply to a request: the KDC's half.
 *
 * @param salt - the request's.
 * @param sid - `sessionId(token)`, where the caller has it already.
 */
export function sealReply(
  token: Secret,
  route: SealedRoute,
  salt: Uint8Array,
  reply: SealedReply,
  randomBytes: RandomBytes = secureRandomBytes,
  sid: Uint8Array = sessionId(token),
): Uint8Array {
  return sealReplyText(token, route, salt, JSON.stringify(reply), randomBytes, sid)
}

/** The same for a reply whose JSON is there already: with `status`, `time` and `body`. */
export function sealReplyText(
  token: Secret,
  route: SealedRoute,
  salt: Uint8Array,
  json: string,
  randomBytes: RandomBytes = secureRandomBytes,
  sid: Uint8Array = sessionId(token),
): Uint8Array {
  const replySalt = randomBytes(SALT_BYTES)
  const header = concat(Uint8Array.of(VERSION), replySalt)
  const key = replyKey(token, salt, replySalt)
  return concat(header, seal(key, ZERO_NONCE, replyAad(sid, route, header), utf8(json)))
}

/**
 * Opens the reply to a request: the client's half.
 *
 * @param salt - the one that `sealRequest` gave: a reply to another request does not open.
 * @throws ProtocolError `decryption_failed`; CodecError `malformed`.
 */
export function openReply(
  token: Secret,
  route: SealedRoute,
  salt: Uint8Array,
  bytes: Uint8Array,
): SealedReply {
  if (bytes.length < REPLY_HEADER_BYTES + TAG_BYTES || bytes[0] !== VERSION) {
    throw new CodecError('sealed reply: too short, or of another version')
  }
  const header = bytes.subarray(0, REPLY_HEADER_BYTES)
  const key = replyKey(token, salt, header.subarray(1))
  const plaintext = open(
    key,
    ZERO_NONCE,
    replyAad(sessionId(token), route, header),
    bytes.subarray(REPLY_HEADER_BYTES),
  )
  const reply = v.safeParse(ReplyJson, parseJson(plaintext))
  if (!reply.success) throw new CodecError('sealed reply: it has no status or no time')
  return { status: reply.output.status, time: reply.output.time, body: reply.output.body }
}

function replyKey(token: Secret, salt: Uint8Array, replySalt: Uint8Array): Uint8Array {
  return hkdf(token.reveal(), concat(salt, replySalt), REPLY_INFO)
}

function replyAad(sid: Uint8Array, route: SealedRoute, header: Uint8Array): Uint8Array {
  return concat(utf8(route), sid, header)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch {
    // No cause: it would quote what was sealed.
    throw new CodecError('sealed JSON: it is none')
  }
}
