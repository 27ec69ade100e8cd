/** Records: what the channel's transport messages carry. docs/protocol.md §5.3. */
import { EMPTY, fromUtf8, utf8 } from '../bytes.ts'
import { TAG_BYTES } from '../crypto/aead.ts'
import { CodecError } from '../errors.ts'
import { MAX_NOISE_MESSAGE_BYTES } from '../noise.ts'
import type { Trace } from '../trace.ts'

/** Plaintext that fits one transport message. */
export const MAX_PLAINTEXT_BYTES = MAX_NOISE_MESSAGE_BYTES - TAG_BYTES
/** u8 type || u16 length */
export const RECORD_HEADER_BYTES = 3
/** An empty record, sealed. */
export const MIN_FRAME_BYTES = RECORD_HEADER_BYTES + TAG_BYTES
/** The longest body of a record. */
export const MAX_RECORD_BODY_BYTES = MAX_PLAINTEXT_BYTES - RECORD_HEADER_BYTES

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
      const view = new DataView(body.buffer)
      view.setUint32(0, Math.floor(record.count / 2 ** 32))
      view.setUint32(4, record.count >>> 0)
      return encode(ACK, body)
    }
    case 'end':
      return encode(END, EMPTY)
    case 'abort':
      return encode(ABORT, utf8(record.code))
  }
}

function encode(type: number, body: Uint8Array): Uint8Array {
  const record = new Uint8Array(RECORD_HEADER_BYTES + body.length)
  record.set(body, writeHeader(record, 0, type, body.length))
  return record
}

/** Writes the header of a record. @returns where its body begins. */
export function writeHeader(into: Uint8Array, at: number, type: number, length: number): number {
  into[at] = type
  into[at + 1] = length >> 8
  into[at + 2] = length & 0xff
  return at + RECORD_HEADER_BYTES
}

/**
 * A message of any size as records: parts while they are needed, then the message's last piece.
 *
 * For programs that seal each of them alone, as students' do; a channel packs as many as fit together, see packer.ts.
 */
export function encodeMessage(message: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = []
  let rest = message
  while (rest.length > MAX_RECORD_BODY_BYTES) {
    records.push(encode(PART, rest.subarray(0, MAX_RECORD_BODY_BYTES)))
    rest = rest.subarray(MAX_RECORD_BODY_BYTES)
  }
  records.push(encode(MESSAGE, rest))
  return records
}

/** Tells a trace, if there is one, of the records that pass between the two. */
export function recordTrace(
  trace: Trace | undefined,
  us: string,
  them: string,
): ((direction: 'sent' | 'received', record: ChannelRecord) => void) | undefined {
  if (!trace) return undefined
  return (direction, record) => {
    const [from, to] = direction === 'sent' ? [us, them] : [them, us]
    trace({ name: record.type, from, to, by: 'TCP', fields: recordFields(record) })
  }
}

function recordFields(record: ChannelRecord): Record<string, string | number> {
  if ('body' in record) return { bytes: record.body.length }
  const { type, ...fields } = record
  return fields
}

/** Takes the records of a plaintext one by one. */
export interface RecordVisitor {
  message(body: Uint8Array): void
  part(body: Uint8Array): void
  data(body: Uint8Array): void
  ack(count: number): void
  end(): void
  abort(code: string): void
}

/**
 * Gives a visitor the records in a transport message's plaintext, in order; those before a bad one, too.
 *
 * @param wantsMore - asked after each record.
 * @throws CodecError `malformed`: no record, an unknown type, a body of the wrong size, or bytes left over.
 */
export function visitRecords(
  plaintext: Uint8Array,
  visitor: RecordVisitor,
  wantsMore: () => boolean = () => true,
): void {
  const { length } = plaintext
  let offset = 0
  do {
    const from = offset + RECORD_HEADER_BYTES
    const to = from + (((plaintext[offset + 1] as number) << 8) | (plaintext[offset + 2] as number))
    if (from > length || to > length) throw new CodecError('record: it is cut short')
    visit(plaintext[offset], plaintext.subarray(from, to), visitor)
    offset = to
  } while (offset < length && wantsMore())
}

function visit(type: number | undefined, body: Uint8Array, visitor: RecordVisitor): void {
  switch (type) {
    case MESSAGE:
      visitor.message(body)
      return
    case PART:
      // An endless message of nothing would pass every limit on size.
      if (body.length === 0) throw new CodecError('record part: it is empty')
      visitor.part(body)
      return
    case DATA:
      visitor.data(body)
      return
    case ACK:
      visitor.ack(decodeCount(body))
      return
    case END:
      if (body.length > 0)
        throw new CodecError(`record end: expected an empty body, got ${body.length} bytes`)
      visitor.end()
      return
    case ABORT:
      visitor.abort(decodeCode(body))
      return
    default:
      throw new CodecError(`record: type ${type} is unknown`)
  }
}

/**
 * The records in a transport message's plaintext.
 *
 * @throws CodecError `malformed`, as `visitRecords`.
 */
export function decodeRecords(plaintext: Uint8Array): ChannelRecord[] {
  const records: ChannelRecord[] = []
  visitRecords(plaintext, {
    message: (body) => records.push({ type: 'message', body }),
    part: (body) => records.push({ type: 'part', body }),
    data: (body) => records.push({ type: 'data', body }),
    ack: (count) => records.push({ type: 'ack', count }),
    end: () => records.push({ type: 'end' }),
    abort: (code) => records.push({ type: 'abort', code }),
  })
  return records
}

function decodeCount(body: Uint8Array): number {
  if (body.length !== 8) throw new CodecError(`record ack: expected 8 bytes, got ${body.length}`)
  const view = new DataView(body.buffer, body.byteOffset, 8)
  // No channel carries 2^53 messages; a larger count is refused by the channel as beyond what was sent.
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4)
}

function decodeCode(body: Uint8Array): string {
  const code = fromUtf8(body, 'record abort')
  if (!ABORT_CODE.test(code)) throw new CodecError('record abort: its code is not 1 to 64 of a-z _')
  return code
}
