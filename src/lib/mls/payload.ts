/**
 * What is inside an application message: `u8 version = 1 || u16 header length || JSON header || body`.
 * docs/protocol.md §7.6.
 */
import * as v from 'valibot'
import { concat, fromUtf8, readU16, u16, utf8 } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'

const VERSION = 1
const PREFIX_BYTES = 3

/** Longest body of a message. */
export const MAX_BODY_BYTES = 1024 * 1024

/** `sent_at` is the sender's word, in Unix seconds. */
export const Header = v.object({
  kind: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  sent_at: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
})

/** What is inside a stored message. */
export interface Payload {
  /** `text`, `bytes`, `file`; or what a later version may call it; or `unknown`. */
  readonly kind: string
  /** By the sender's word, in Unix seconds. */
  readonly sentAt?: number
  /** At most 1 MiB. */
  readonly body: Uint8Array
}

/**
 * A text, or something of another kind, as the bytes of an application message.
 *
 * @throws ProtocolError `message_too_large`
 */
export function encodePayload(payload: Payload): Uint8Array {
  if (payload.body.length > MAX_BODY_BYTES) {
    throw new ProtocolError('message_too_large', 'a message has at most 1 MiB')
  }
  const header = utf8(JSON.stringify({ kind: payload.kind, sent_at: payload.sentAt }))
  return concat(Uint8Array.of(VERSION), u16(header.length), header, payload.body)
}

/** Reads an application message. It came authenticated from a member: what we do not understand is kept whole, as `unknown`. */
export function decodePayload(bytes: Uint8Array): Payload {
  try {
    if (bytes[0] === VERSION) {
      const end = PREFIX_BYTES + readU16(bytes, 1)
      if (end <= bytes.length) {
        const header = v.parse(Header, JSON.parse(fromUtf8(bytes.subarray(PREFIX_BYTES, end))))
        const sentAt = header.sent_at === undefined ? {} : { sentAt: header.sent_at }
        return { kind: header.kind, ...sentAt, body: bytes.slice(end) }
      }
    }
  } catch {
    // Not of this version.
  }
  return { kind: 'unknown', body: bytes.slice() }
}

/** Which kind of message these bytes are: `text` if they are UTF-8, else `bytes`. */
export function kindOf(body: Uint8Array): 'text' | 'bytes' {
  return textOf({ kind: 'text', body }) === undefined ? 'bytes' : 'text'
}

/** The text of a message of kind `text`, if it is UTF-8. */
export function textOf(message: Pick<Payload, 'kind' | 'body'>): string | undefined {
  if (message.kind !== 'text') return undefined
  try {
    return fromUtf8(message.body)
  } catch {
    return undefined
  }
}
