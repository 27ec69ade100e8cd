/** The fields that requests are made of. */
import * as v from 'valibot'
import { TAG_BYTES } from '../../lib/crypto/aead.ts'
import { lease as anyLease, port as anyPort, LEASE_SEC } from '../../lib/fields.ts'
import { parseUsername } from '../../lib/names.ts'

export const optional = <S extends v.GenericSchema>(field: S) =>
  v.pipe(v.optional(field), v.description(v.getDescription(field) ?? ''))

/** A principal's name, lower-cased here and nowhere else. Throws ProtocolError `invalid_name`. */
export const username = v.pipe(v.string(), v.transform(parseUsername), v.description('a string'))

/** A text that is taken apart later. */
export const text = v.pipe(v.string(), v.description('a string'))

/** The same, in base64url. */
export const base64url = v.pipe(v.string(), v.description('a string in base64url'))

/** Any string: what is not a token's text is an unknown token. */
export const token = v.pipe(v.string(), v.description('a string'))

/** A TCP port that a sender can connect to. */
export const port = v.pipe(anyPort, v.description('a whole number from 1 to 65535'))

/** How long a receiver may be silent. */
export const lease = v.pipe(
  anyLease,
  v.description(`a whole number from ${LEASE_SEC.least} to ${LEASE_SEC.most}`),
)

/** The longest request that carries messages; base64url makes four bytes of three. */
export const MAX_MESSAGE_BODY_BYTES = 2 * 1024 * 1024
/** The longest request that carries a chunk of a file. */
export const MAX_CHUNK_BODY_BYTES = 512 * 1024
/** The longest request that lists names: a thousand of 64 characters. */
export const MAX_NAMES_BODY_BYTES = 128 * 1024
export const MAX_NAMES = 1000
/** The longest key package, in bytes. */
export const MAX_PACKAGE_BYTES = 4096
/** The longest GroupInfo, in bytes: with the tree of a thousand members it has a third of that. */
export const MAX_INFO_BYTES = 1024 * 1024

// Strictly: one byte string has exactly one text form. (`fromBase64url` does the same, for browsers too, and slower.)
function decode(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? new Uint8Array(bytes) : undefined
}

const inBase64url = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.rawTransform<string, Uint8Array>(({ dataset, addIssue, NEVER }) => {
      const bytes = decode(dataset.value)
      if (bytes && bytes.length >= min && bytes.length <= max) return bytes
      addIssue({ message: 'not so many bytes in base64url' })
      return NEVER
    }),
  )

/** Text that is what `toBase64url` gives, fast. */
export const toText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')

/** The id of a group, or of a file. */
export const objectId = v.pipe(inBase64url(16, 16), v.description('16 bytes in base64url'))

/** A whole chunk, in bytes: 256 KiB, and the tag, which is all there is of the only chunk of an empty file. */
export const SEALED_CHUNK_BYTES = 256 * 1024 + TAG_BYTES

export const fileChunk = v.pipe(
  inBase64url(TAG_BYTES, SEALED_CHUNK_BYTES),
  v.description(`${TAG_BYTES} to ${SEALED_CHUNK_BYTES} bytes in base64url`),
)

export const signatureKey = v.pipe(inBase64url(32, 32), v.description('32 bytes in base64url'))

const PACKAGE = `1 to ${MAX_PACKAGE_BYTES} bytes in base64url`

export const keyPackage = v.pipe(inBase64url(1, MAX_PACKAGE_BYTES), v.description(PACKAGE))

export const packages = (most: number) =>
  v.pipe(
    v.array(v.unknown()),
    v.maxLength(most),
    v.array(keyPackage),
    v.description(`at most ${most} times ${PACKAGE}`),
  )

/** An MLS message. The body is limited already. */
export const message = v.pipe(inBase64url(1, MAX_MESSAGE_BODY_BYTES), v.description('a message in base64url'))

export const groupInfo = v.pipe(
  inBase64url(1, MAX_INFO_BYTES),
  v.description(`1 to ${MAX_INFO_BYTES} bytes in base64url`),
)

const eachOnce = v.check((names: string[]) => new Set(names).size === names.length)

export const usernames = v.pipe(
  v.array(v.unknown()),
  v.maxLength(MAX_NAMES),
  v.array(username),
  eachOnce,
  v.description(`a list of at most ${MAX_NAMES} names, each once`),
)

/** A whole number from 0 on: an epoch, a position or a time. */
export const count = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(0),
  v.description('a whole number from 0 on'),
)

export const pageLimit = (most: number) =>
  v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most)), most),
    v.description(`a whole number from 1 to ${most}`),
  )

/** The number of chunks of a file with so many bytes, tags included. */
export const sealedChunkCount = (bytes: number): number => Math.max(1, Math.ceil(bytes / SEALED_CHUNK_BYTES))

/** The length of a chunk, in bytes; 0 for one that the file does not have. */
export function sealedChunkBytes(bytes: number, index: number): number {
  return Math.max(0, Math.min(SEALED_CHUNK_BYTES, bytes - index * SEALED_CHUNK_BYTES))
}

/** Whether there are chunks which have so many bytes together: the last one is empty in an empty file only. */
export function isFileLength(bytes: number): boolean {
  const last = sealedChunkBytes(bytes, sealedChunkCount(bytes) - 1)
  return last > TAG_BYTES || bytes === TAG_BYTES
}
