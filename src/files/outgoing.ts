/** Files to be sent: regular ones only, that stay what they are while they are read. */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { ProtocolError } from '../lib/errors.ts'
import { MAX_FILE_BYTES } from '../lib/mls/files.ts'
import { systemReason } from '../lib/system-errors.ts'
import { type OpenFile, SMALL_BYTES } from '../lib/transfer/index.ts'
import { attributesOf } from './attributes.ts'
import { FileError } from './errors.ts'
import { afterEntry } from './turns.ts'

const PIECE_BYTES = 64 * 1024

/** A file that is open for sending. */
export interface Outgoing {
  /** As it was given. */
  readonly path: string
  /** The last part of the path. */
  readonly name: string
  readonly content: FileContent
}

/**
 * Opens a file for sending.
 *
 * @throws FileError `file_not_readable`: there is none, we may not, or it is a directory, a device, a pipe or a socket; its message says
 *   which.
 */
export async function openOutgoing(path: string): Promise<Outgoing> {
  return { path, name: basename(path), content: await openContent(path, path) }
}

/** A content whose size is known. */
export interface FileContent extends OpenFile {
  /** In bytes, when it was opened: where the file system does not say how many there are, they were counted. */
  readonly size: number
  verify(): Promise<void>
}

/**
 * Opens a regular file for sending, wherever in it one begins. What is small is read at once, and is what it was then.
 *
 * The end is where reading ends. What the file system says of the size may be anything: files of `/proc` have none, those of `/sys` a
 * page.
 *
 * @param shown - the path, for errors.
 * @param options.follow - whether it may be a link.
 * @throws FileError `file_not_readable`.
 */
export async function openContent(
  path: string | Buffer,
  shown: string,
  { follow = true }: { readonly follow?: boolean } = {},
): Promise<FileContent> {
  // A pipe would keep us waiting for a writer.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (follow ? 0 : (constants.O_NOFOLLOW ?? 0))
  const opened = openSmall(path, shown, flags)
  if (opened) {
    await afterEntry(opened.size)
    return opened
  }
  let file: FileHandle
  try {
    file = await open(path, flags)
  } catch (cause) {
    throw notReadable(shown, cause)
  }
  try {
    const before = await file.stat({ bigint: true })
    if (!before.isFile()) throw notReadable(shown, undefined, kindOf(before))
    const read = async (into: Uint8Array, position: number) => {
      try {
        return (await file.read(into, 0, into.length, position)).bytesRead
      } catch (cause) {
        throw notReadable(shown, cause)
      }
    }
    const said = Number(before.size)
    const size = said > SMALL_BYTES ? said : await countBytes(read, shown)
    return {
      size,
      ...attributesOf(before),
      read,
      verify: async () => {
        verify(await file.stat({ bigint: true }), before)
        if ((await read(new Uint8Array(1), size)) > 0) throw changed()
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

type Read = OpenFile['read']

/** A file that is small, read at once: of each of ten thousand that would take seven turns of a thread, which cost more than to read it. */
function openSmall(path: string | Buffer, shown: string, flags: number): FileContent | undefined {
  let file: number | undefined
  let small: FileContent | undefined
  try {
    const opened = openSync(path, flags)
    file = opened
    const before = fstatSync(opened, { bigint: true })
    if (!before.isFile()) throw notReadable(shown, undefined, kindOf(before))
    const bytes = before.size <= SMALL_BYTES ? readSmall(opened, Number(before.size)) : undefined
    if (!bytes) return undefined
    small = {
      size: bytes.length,
      ...attributesOf(before),
      read: readFrom(bytes),
      verify: async () => verify(fstatSync(opened, { bigint: true }), before),
      close: async () => closeSync(opened),
    }
    return small
  } catch (cause) {
    throw cause instanceof FileError ? cause : notReadable(shown, cause)
  } finally {
    if (file !== undefined && !small) closeSync(file)
  }
}

/** All of it, or nothing when that is more than is small. */
function readSmall(file: number, said: number): Uint8Array | undefined {
  // One more than there should be: whether it ends there, only reading tells.
  let buffer = new Uint8Array(said + 1)
  for (let length = 0; ; ) {
    const bytes = readSync(file, buffer, length, buffer.length - length, length)
    if (bytes === 0) return buffer.subarray(0, length)
    length += bytes
    if (length > SMALL_BYTES) return undefined
    if (length < buffer.length) continue
    const larger = new Uint8Array(SMALL_BYTES + 1)
    larger.set(buffer)
    buffer = larger
  }
}

function readFrom(bytes: Uint8Array): Read {
  return async (into, position) => {
    const part = bytes.subarray(position, position + into.length)
    into.set(part)
    return part.length
  }
}

/** How much there is, by reading it: for what is larger than the file system says. */
async function countBytes(read: Read, shown: string): Promise<number> {
  const buffer = new Uint8Array(PIECE_BYTES)
  for (let position = 0; position <= MAX_FILE_BYTES; ) {
    const bytes = await read(buffer, position)
    if (bytes === 0) return position
    position += bytes
  }
  throw notReadable(shown, undefined, 'it does not say how large it is, and has no end in sight')
}

const changed = () => new ProtocolError('file_changed', 'a program wrote to the file while it was being sent')

function verify(after: BigIntStats, before: BigIntStats): void {
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
    throw changed()
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'we may not read it',
  EISDIR: 'it is a directory: pack it first, with tar or zip',
  ELOOP: 'it is a link to itself',
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  // Of a socket.
  ENXIO: 'it is not a regular file',
  EPERM: 'we may not read it',
}

function kindOf(stats: BigIntStats): string {
  return stats.isDirectory() ? (REASONS.EISDIR ?? '') : 'it is not a regular file'
}

/** The error for what the file system refused. */
export function notReadable(path: string, cause: unknown, why?: string): FileError {
  const { code = '' } = (cause ?? {}) as NodeJS.ErrnoException
  const reason = why ?? REASONS[code] ?? systemReason(code)
  // Node gives arguments as text: what was no UTF-8 in them is U+FFFD.
  const lost = path.includes('\ufffd') ? '; a name that is not UTF-8 is sent with the directory it is in' : ''
  return new FileError('file_not_readable', `cannot send ${path}: ${reason}${lost}`, { cause })
}
