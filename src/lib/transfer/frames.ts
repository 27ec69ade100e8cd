/** What crosses a stream when files do: frames, and what is in them. docs/protocol.md §8. */
import * as v from 'valibot'
import { fromUtf8, toBase64url, utf8 } from '../bytes.ts'
import { CodecError, ProtocolError } from '../errors.ts'
import { attributes, base64url } from '../fields.ts'
import { quoted } from '../text/visible.ts'
import type { FileAttributes, TransferTotals } from './items.ts'

/** 2: small are files up to 256 KiB, which were 64 KiB in version 1. Both sides must agree on it. */
export const VERSION = 2

/** Types of frames; the low ones are the sender's, those from 0x10 the receiver's. */
export const FRAME_TYPES = {
  begin: 0x01,
  item: 0x02,
  start: 0x03,
  data: 0x04,
  end: 0x05,
  cancel: 0x06,
  close: 0x07,
  done: 0x08,
  ready: 0x11,
  saved: 0x12,
  refused: 0x13,
} as const

export const HEADER_BYTES = 5
/** Most that a data frame may hold. It is passed on as it comes, never gathered. */
export const MAX_DATA_BYTES = 1024 * 1024
/** Most that any other frame may hold: a path of the greatest length, every character of it escaped. */
export const MAX_CONTROL_BYTES = 32 * 1024
/** Files up to this size are sent without asking first. */
export const SMALL_BYTES = 256 * 1024
/** Longest name, and longest part of a path, in UTF-8. */
export const MAX_NAME_BYTES = 1024
/** Longest path inside a directory, in UTF-8, with one byte between its parts. */
export const MAX_PATH_BYTES = 4096
const MAX_DEPTH = 64
const HASH_BYTES = 32

/** Why something was not saved: a word, of those in docs/errors.md or a later version's. */
const code = v.pipe(v.string(), v.regex(/^[a-z_]{1,64}$/))
const name = v.pipe(v.string(), v.check(isName))
const path = v.pipe(
  v.array(name),
  v.check((names: string[]) => isPath(names)),
)
const length = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const sha256 = base64url('sha256', HASH_BYTES)

const VersionSchema = v.object({ transfer: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) })
const { executable, modified_at } = attributes
/** The bodies of frames, in JSON; of `item` and `ready` one of several. */
export const BODIES = {
  begin: v.strictObject({
    transfer: v.literal(VERSION),
    files: v.optional(length),
    bytes: v.optional(length),
  }),
  item: v.union([
    v.strictObject({ kind: v.literal('file'), name, size: v.optional(length), executable, modified_at }),
    v.strictObject({ kind: v.literal('bytes'), name, size: v.optional(length) }),
    v.strictObject({ kind: v.literal('directory'), name, modified_at }),
    v.strictObject({ kind: v.literal('file'), path, size: length, executable, modified_at }),
    v.strictObject({ kind: v.literal('directory'), path, modified_at }),
  ]),
  start: v.strictObject({ from: length }),
  end: v.strictObject({ sha256 }),
  /** Of `cancel` and `refused`. */
  code: v.strictObject({ code }),
  ready: v.union([
    v.strictObject({ from: v.literal(0) }),
    v.strictObject({ from: v.pipe(length, v.minValue(1)), sha256 }),
  ]),
  /** Of `close`, `done` and `saved`. */
  empty: v.strictObject({}),
} as const

/** What is said of a file or a directory beside its content, as it crosses the wire. docs/protocol.md §7.7 and §8.1. */
export interface AttributeFields {
  readonly executable?: boolean | undefined
  readonly modified_at?: number | undefined
}

/** As fields: what is not known, or not so, is left out. */
export function toFields({ executable, modifiedAt }: FileAttributes): AttributeFields {
  return { ...(executable && { executable }), ...(modifiedAt !== undefined && { modified_at: modifiedAt }) }
}

/** From fields. */
export function fromFields({ executable, modified_at: modifiedAt }: AttributeFields): FileAttributes {
  return { ...(executable && { executable }), ...(modifiedAt !== undefined && { modifiedAt }) }
}

/** What an item frame says. */
export interface ItemFields extends AttributeFields {
  readonly kind: 'file' | 'directory' | 'bytes'
  readonly name?: string | undefined
  readonly path?: readonly string[] | undefined
  readonly size?: number | undefined
}

/** Where the receiver would go on, and the hash of what comes before. */
export interface ReadyFields {
  readonly from: number
  readonly sha256?: Uint8Array | undefined
}

/** Whether a name may be sent; what it means is the receiver's affair. */
export function isName(text: string): boolean {
  return text.length > 0 && text.length <= MAX_NAME_BYTES && utf8(text).length <= MAX_NAME_BYTES
}

/** Whether a path inside a directory may be sent. */
export function isPath(path: readonly string[]): boolean {
  if (path.length < 1 || path.length > MAX_DEPTH || !path.every(isName)) return false
  return utf8(path.join('/')).length <= MAX_PATH_BYTES
}

/** @throws ProtocolError `version_unknown`. */
export function readBegin(body: Uint8Array): TransferTotals {
  // A later version may have other fields.
  const { transfer: version } = parse('begin', VersionSchema, body)
  if (version !== VERSION)
    throw new ProtocolError('version_unknown', `files in version ${version} of the protocol, not ${VERSION}`)
  const { files, bytes } = parse('begin', BODIES.begin, body)
  return { files, bytes }
}
export const readItem = (body: Uint8Array): ItemFields => parse('item', BODIES.item, body)
export const readStart = (body: Uint8Array): { from: number } => parse('start', BODIES.start, body)
export const readEnd = (body: Uint8Array): { sha256: Uint8Array } => parse('end', BODIES.end, body)
export const readCode = (body: Uint8Array): { code: string } => parse('code', BODIES.code, body)
export const readReady = (body: Uint8Array): ReadyFields => parse('ready', BODIES.ready, body)
export const readEmpty = (body: Uint8Array): object => parse('frame', BODIES.empty, body)

/** The body of a frame: bytes are written in base64url, and what is undefined is left out. */
export function encode(fields: object): Uint8Array {
  return utf8(
    JSON.stringify(fields, (_, value) => (value instanceof Uint8Array ? toBase64url(value) : value)),
  )
}

export const outOfTurn = (type: number) => new CodecError(`transfer: a frame of type ${type} out of turn`)

function parse<S extends v.GenericSchema>(what: string, schema: S, body: Uint8Array): v.InferOutput<S> {
  let value: unknown
  try {
    value = JSON.parse(fromUtf8(body))
  } catch (cause) {
    throw new CodecError(`transfer, ${what}: not JSON`, { cause })
  }
  const result = v.safeParse(schema, value)
  if (!result.success) throw new CodecError(`transfer, ${what}: ${quoted(result.issues[0].message)}`)
  return result.output
}
