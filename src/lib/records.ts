/**
 * Records: what the channel's transport messages carry. docs/protocol.md §5.3.
 *
 * @module
 */
import { TAG_BYTES } from './aead.ts'
import { concat, EMPTY, fromUtf8, readU16, u16, utf8 } from './bytes.ts'
import { CodecError } from './errors.ts'
import { MAX_NOISE_MESSAGE_BYTES } from './noise.ts'

/** Plaintext that fits one transport message. */
export const MAX_PLAINTEXT_BYTES = MAX_NOISE_MESSAGE_BYTES - TAG_BYTES
/** u8 type || u16 length */
export const RECORD_HEADER_BYTES = 3
/** The longest body of a record. */
export const MAX_BODY_BYTES = MAX_PLAINTEXT_BYTES - RECORD_HEADER_BYTES

/** The first byte of a record. */
export const RECORD_TYPES = {
  message: 0x01,
  part: 0x02,
  data: 0x03,
  ack: 0x04,
  end: 0x05,
  abort: 0x06,
} as const
const { message: MESSAGE, part: PART, data: DATA, ack: ACK, end: END, abort: ABORT } = RECORD_TYPES

const ABORT_CODE = /^[a-z_]{1,64}$/

/** One record, decoded. */
export type ChannelRecord =
  | { readonly type: 'message'; readonly body: Uint8Array }
  | { readonly type: 'part'; readonly body: Uint8Array }
  /** The next piece of a stream, or, empty, its end. */
  | { readonly type: 'data'; readonly body: Uint8Array }
  | { readonly type: 'ack'; readonly count: number }
  | { readonly type: 'end' }
  | { readonly type: 'abort'; readonly code: string }

/** A record as bytes. */
export function encodeRecord(record: ChannelRecord): Uint8Array {
  switch (record.type) {
    case 'message':
      return encode(MESSAGE, record.body)
    case 'part':
      return encode(PART, record.body)
    case 'data':
      return encode(DATA, record.body)
    case 'ack': {
      const body = new Uint8Array(8)
      new DataView(body.buffer).setBigUint64(0, BigInt(record.count))
      return encode(ACK, body)
    }
    case 'end':
      return encode(END, EMPTY)
    case 'abort':
      return encode(ABORT, utf8(record.code))
  }
}

function encode(type: number, body: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(type), u16(body.length), body)
}

/** A message of any size as records: parts while they are needed, then the message's last piece. */
export function encodeMessage(message: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = []
  let rest = message
  while (rest.length > MAX_BODY_BYTES) {
    records.push(encode(PART, rest.subarray(0, MAX_BODY_BYTES)))
    rest = rest.subarray(MAX_BODY_BYTES)
  }
  records.push(encode(MESSAGE, rest))
  return records
}

/**
 * The records in a transport message's plaintext.
 *
 * @throws CodecError `malformed`: no record, an unknown type, a body of the wrong size, or bytes left over.
 */
export function decodeRecords(plaintext: Uint8Array): ChannelRecord[] {
  const records: ChannelRecord[] = []
  let offset = 0
  do {
    const type = plaintext[offset]
    const length = readU16(plaintext, offset + 1)
    const start = offset + RECORD_HEADER_BYTES
    const body = plaintext.subarray(start, start + length)
    if (body.length !== length) throw new CodecError('record: its body is cut short')
    records.push(decode(type, body))
    offset = start + length
  } while (offset < plaintext.length)
  return records
}

function decode(type: number | undefined, body: Uint8Array): ChannelRecord {
  switch (type) {
    case MESSAGE:
      return { type: 'message', body }
    case PART:
      // An endless message of nothing would pass every limit on size.
      if (body.length === 0) throw new CodecError('record part: it is empty')
      return { type: 'part', body }
    case DATA:
      return { type: 'data', body }
    case ACK:
      return { type: 'ack', count: decodeCount(body) }
    case END:
      if (body.length > 0)
        throw new CodecError(`record end: expected an empty body, got ${body.length} bytes`)
      return { type: 'end' }
    case ABORT:
      return { type: 'abort', code: decodeCode(body) }
    default:
      throw new CodecError(`record: type ${type} is unknown`)
  }
}

function decodeCount(body: Uint8Array): number {
  if (body.length !== 8) throw new CodecError(`record ack: expected 8 bytes, got ${body.length}`)
  const count = new DataView(body.buffer, body.byteOffset, 8).getBigUint64(0)
  // Nobody has sent 2^53 messages; a larger count is refused by the channel as beyond what was sent.
  return Number(count)
}

function decodeCode(body: Uint8Array): string {
  const code = fromUtf8(body, 'record abort')
  if (!ABORT_CODE.test(code)) throw new CodecError('record abort: its code is not 1 to 64 of a-z _')
  return code
}
