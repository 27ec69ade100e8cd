/**
 * Stored files. The file is stored there encrypted; a message of kind `file`, its note, says where it is and how to open it.
 * docs/protocol.md §7.4 and §7.7.
 *
 * It is encrypted in chunks, each sealed for its place, so that none can be left out, repeated or moved, and none after the last is missed:
 * STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015), as age's payload has it (https://age-encryption.org/v1), with longer chunks.
 */
import * as v from 'valibot'
import { primitives } from '#primitives'
import { EMPTY, equal, fromBase64url, fromUtf8, toBase64url, utf8 } from '../bytes.ts'
import { open, seal, TAG_BYTES } from '../crypto/aead.ts'
import { hkdf } from '../crypto/hkdf.ts'
import { type RandomBytes, secureRandomBytes } from '../crypto/random.ts'
import { KEY_BYTES, Secret } from '../crypto/secret.ts'
import { ProtocolError } from '../errors.ts'
import { attributes, base64url } from '../fields.ts'
import { fromFields, toFields } from '../transfer/frames.ts'
import { type Attributes, attributesIn, fileChanged } from '../transfer/items.ts'
import { readChunk } from './kdc-answers.ts'
import type { Payload } from './payload.ts'
import type { PostToKdc } from './types.ts'

/** Plaintext of each chunk but the last. */
export const CHUNK_BYTES = 256 * 1024
const FILE_ID_BYTES = 16

const INFO = 'symbolon/1 file'
const NONCE_BYTES = 12

const HASH_BYTES = 32
/** Longest name, in UTF-8. */
export const MAX_NAME_BYTES = 1024
/** What the KDC keeps of one sender, tags included. */
const MAX_SEALED_BYTES = 256 * 1024 * 1024

/** Largest file that a KDC takes, by its default quota. */
export const MAX_FILE_BYTES: number =
  MAX_SEALED_BYTES - Math.ceil(MAX_SEALED_BYTES / (CHUNK_BYTES + TAG_BYTES)) * TAG_BYTES

/** How many chunks a file of `size` bytes has: one, if it is empty. */
function chunkCount(size: number): number {
  return Math.max(1, Math.ceil(size / CHUNK_BYTES))
}

function sealedBytes(size: number): number {
  return size + chunkCount(size) * TAG_BYTES
}

/** Seals or opens the chunks of one file. */
export class FileStream {
  readonly #key: Uint8Array
  readonly #size: number
  readonly #last: number

  /**
   * @param file - the file's id, in base64url.
   * @param fileKey - of this file alone.
   * @param size - bytes of plaintext.
   */
  constructor(file: string, fileKey: Secret, size: number) {
    const salt = fromBase64url(file, { name: 'file', length: FILE_ID_BYTES })
    this.#key = hkdf(fileKey.reveal(), salt, INFO)
    this.#size = size
    this.#last = chunkCount(size) - 1
  }

  sealedLength(index: number): number {
    const plaintext = index < this.#last ? CHUNK_BYTES : this.#size - this.#last * CHUNK_BYTES
    return plaintext + TAG_BYTES
  }

  /** Seals a chunk: each index once, because the key and the index are all that the nonce comes from. */
  seal(index: number, plaintext: Uint8Array): Uint8Array {
    return seal(this.#key, this.#nonce(index), EMPTY, plaintext)
  }

  /** @throws ProtocolError `decryption_failed` when it is not chunk `index` of a file of this key and number of chunks. */
  open(index: number, sealed: Uint8Array): Uint8Array {
    return open(this.#key, this.#nonce(index), EMPTY, sealed)
  }

  wipe(): void {
    this.#key.fill(0)
  }

  /** `u88 index || u8 last`, big-endian. */
  #nonce(index: number): Uint8Array {
    const nonce = new Uint8Array(NONCE_BYTES)
    new DataView(nonce.buffer).setBigUint64(NONCE_BYTES - 9, BigInt(index))
    nonce[NONCE_BYTES - 1] = index === this.#last ? 1 : 0
    return nonce
  }
}

/** Where a file is, how to open it, and what it is. */
export interface FileNote extends Attributes {
  /** Its id at the KDC: 16 bytes in base64url. */
  readonly file: string
  /** What opens it, 32 bytes. */
  readonly key: Secret
  /** The sender's word: not a path to write to. */
  readonly name: string
  /** Bytes of plaintext. */
  readonly size: number
  /** Of the plaintext. */
  readonly sha256: Uint8Array
}

/** A file to be sent. */
export interface OutgoingFile extends Attributes {
  /** 1 to 1024 bytes of UTF-8: no path. */
  readonly name: string
  /** How many bytes `content` will have. */
  readonly size: number
  /** In pieces of any sizes. */
  readonly content: AsyncIterable<Uint8Array>
}

/** How to store a file. */
export interface UploadOptions {
  /** Hears how many bytes the KDC has. */
  readonly onProgress?: ((sentBytes: number) => void) | undefined
  /** Where randomness comes from. Default: the system's. */
  readonly randomBytes?: RandomBytes | undefined
  /** Ends it half way: nothing of the file stays at the KDC. */
  readonly signal?: AbortSignal | undefined
}

/** How to fetch a file. */
export interface FetchOptions {
  /** Hears how many bytes have come. */
  readonly onProgress?: ((fetchedBytes: number) => void) | undefined
  /** Ends it half way. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Encrypts a file and stores it at the KDC, for the members of a group, present and future. It cannot be found there before its
 * note is sent: `mailbox.send(group, encodeFileNote(note), 'file')`.
 *
 * After a failure the KDC is asked, once, to drop what it has.
 *
 * @param post - sealed requests of the session.
 * @param group - its id: `mailbox.conversationId`.
 * @throws ProtocolError `file_changed` when the content is not `size` bytes long, `group_unknown`; TransportError `quota_exceeded`; what
 *   `post` and the content throw; the reason of `signal`. RangeError for a size that is none, or a name of more than 1024 bytes.
 * @example
 * const group = await mailbox.conversationId({ with: 'bob' })
 * const note = await uploadFile(post, group, { name: 'report.pdf', size, content })
 * await mailbox.sendTo('bob', encodeFileNote(note), 'file')
 */
export async function uploadFile(
  post: PostToKdc,
  group: string,
  file: OutgoingFile,
  options: UploadOptions = {},
): Promise<FileNote> {
  const { name, size } = file
  if (!Number.isSafeInteger(size) || size < 0)
    throw new RangeError(`size: expected a number of bytes, got ${size}`)
  if (utf8(name).length > MAX_NAME_BYTES)
    throw new RangeError(`name: expected at most ${MAX_NAME_BYTES} bytes`)
  const { randomBytes = secureRandomBytes } = options
  const id = toBase64url(randomBytes(FILE_ID_BYTES))
  const key = new Secret('file key', randomBytes(KEY_BYTES))
  const stream = new FileStream(id, key, size)
  try {
    options.signal?.throwIfAborted()
    await post('/files/begin', { file: id, group, bytes: sealedBytes(size) })
    const sha256 = await putChunks(post, id, stream, file, options)
    return { file: id, key, name, size, sha256, ...attributesIn(file) }
  } catch (error) {
    key.wipe()
    // What cannot be dropped now expires.
    await post('/files/drop', { file: id }).catch(() => {})
    throw error
  } finally {
    stream.wipe()
  }
}

/** @returns the hash of the plaintext. */
async function putChunks(
  post: PostToKdc,
  id: string,
  stream: FileStream,
  file: OutgoingFile,
  { onProgress, signal }: UploadOptions,
): Promise<Uint8Array> {
  const hash = primitives.createSha256()
  let index = 0
  let sent = 0
  for await (const chunk of chunksOf(file)) {
    signal?.throwIfAborted()
    hash.update(chunk)
    await post('/files/put', { file: id, index, chunk: toBase64url(stream.seal(index, chunk)) })
    index++
    sent += chunk.length
    onProgress?.(sent)
  }
  return hash.digest()
}

/**
 * Full chunks, and the last one: only when the content has ended where it should, so that the KDC never has the whole of a file that has
 * changed. The next chunk takes the place of one in memory.
 */
async function* chunksOf({ size, content }: OutgoingFile): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(Math.min(size, CHUNK_BYTES))
  let filled = 0
  let read = 0
  for await (const piece of content) {
    read += piece.length
    if (read > size) throw fileChanged(`it has more than ${size} bytes`)
    for (let offset = 0; offset < piece.length; ) {
      if (filled === CHUNK_BYTES) {
        yield chunk
        filled = 0
      }
      const part = piece.subarray(offset, offset + CHUNK_BYTES - filled)
      chunk.set(part, filled)
      filled += part.length
      offset += part.length
    }
  }
  if (read < size) throw fileChanged(`it has ${read} bytes, not ${size}`)
  yield chunk.subarray(0, filled)
}

/**
 * Fetches and opens a file.
 *
 * What it gives must not be used, nor kept under the file's name, before it has ended: until then a chunk may still be missing, and what
 * came before it is the beginning of a file that was never sent. Judge `note.size` first: as many bytes will come, and no more.
 *
 * @param post - sealed requests of the session.
 * @returns the plaintext, in order; the last of it only when size and hash are what the note says.
 * @throws ProtocolError `file_damaged` when it is not the file that the note describes, `file_unknown` when the KDC does not have it, or
 *   not any more; what `post` throws; the reason of `signal`.
 */
export async function* fetchFile(
  post: PostToKdc,
  note: FileNote,
  { onProgress, signal }: FetchOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { file, size } = note
  const stream = new FileStream(file, note.key, size)
  const hash = primitives.createSha256()
  const count = chunkCount(size)
  let fetched = 0
  try {
    for (let index = 0; index < count; index++) {
      signal?.throwIfAborted()
      const { chunk } = readChunk(await post('/files/get', { file, index }))
      const plaintext = openChunk(stream, index, chunk)
      hash.update(plaintext)
      if (index === count - 1 && !equal(hash.digest(), note.sha256)) throw damaged()
      fetched += plaintext.length
      onProgress?.(fetched)
      yield plaintext
    }
  } finally {
    stream.wipe()
  }
}

function openChunk(stream: FileStream, index: number, text: string): Uint8Array {
  try {
    return stream.open(index, fromBase64url(text, { name: 'chunk', length: stream.sealedLength(index) }))
  } catch (cause) {
    throw damaged(cause)
  }
}

export const NoteSchema = v.object({
  file: base64url('file', FILE_ID_BYTES),
  key: base64url('key', KEY_BYTES),
  name: v.pipe(
    v.string(),
    v.check((name) => utf8(name).length <= MAX_NAME_BYTES),
  ),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  sha256: base64url('sha256', HASH_BYTES),
  ...attributes,
})

/** The body of a message of kind `file`: JSON. The key is in it: it is for the group's members, and no log. */
export function encodeFileNote({ file, key, name, size, sha256, ...more }: FileNote): Uint8Array {
  return utf8(
    JSON.stringify({ file, key: key.toText(), name, size, sha256: toBase64url(sha256), ...toFields(more) }),
  )
}

/** The note in a message of kind `file`, if it is one. Its sender may have written anything into it. */
export function fileNoteOf(message: Pick<Payload, 'kind' | 'body'>): FileNote | undefined {
  if (message.kind !== 'file') return undefined
  try {
    const note = v.parse(NoteSchema, JSON.parse(fromUtf8(message.body)))
    const { name, size, sha256 } = note
    const key = new Secret('file key', note.key)
    return { file: toBase64url(note.file), key, name, size, sha256, ...fromFields(note) }
  } catch {
    return undefined
  }
}

const damaged = (cause?: unknown) =>
  new ProtocolError('file_damaged', 'what the KDC has is not the file that was described', { cause })
