/**
 * Files to be sent: regular ones only, that stay what they are while they are read.
 *
 * @module
 */
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { ProtocolError } from '../lib/errors.ts'
import { type Attributes, attributesIn, type Content } from '../lib/transfer/index.ts'
import { attributesOf } from './attributes.ts'
import { FileError } from './private-files.ts'

const PIECE_BYTES = 64 * 1024

/** A file that is open for sending. */
export interface Outgoing extends Attributes {
  /** As it was given. */
  readonly path: string
  /** The last part of the path. */
  readonly name: string
  /** In bytes, when it was opened. */
  readonly size: number
  /**
   * Reads it, once.
   *
   * @throws ProtocolError `file_changed` when it was written to since it was opened; the error of the file system.
   */
  content(): AsyncGenerator<Uint8Array>
  close(): Promise<void>
}

/**
 * Opens a file for sending.
 *
 * @throws FileError `file_not_readable`: there is none, we may not, or it is a directory, a device, a pipe or a socket; its message says
 *   which.
 */
export async function openOutgoing(path: string): Promise<Outgoing> {
  const content = await openContent(path, path)
  return {
    path,
    name: basename(path),
    size: content.size,
    ...attributesIn(content),
    content: () => piecesOf(content),
    close: () => content.close(),
  }
}

/** A content whose size is known. */
export interface FileContent extends Content {
  /** In bytes, when it was opened. */
  readonly size: number
  verify(): Promise<void>
}

/**
 * Opens a regular file for sending, wherever in it one begins.
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
  // A pipe would keep us waiting for somebody who writes to it.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (follow ? 0 : (constants.O_NOFOLLOW ?? 0))
  let file: FileHandle
  try {
    file = await open(path, flags)
  } catch (cause) {
    throw notReadable(shown, cause)
  }
  try {
    const before = await file.stat({ bigint: true })
    if (!before.isFile()) throw notReadable(shown, undefined, kindOf(before))
    return {
      size: Number(before.size),
      ...attributesOf(before),
      read: async (into, position) => {
        try {
          return (await file.read(into, 0, into.length, position)).bytesRead
        } catch (cause) {
          throw notReadable(shown, cause)
        }
      },
      verify: () => verify(file, before),
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function* piecesOf(content: FileContent): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const piece = new Uint8Array(PIECE_BYTES)
    const bytes = await content.read(piece, position)
    if (bytes === 0) break
    position += bytes
    yield piece.subarray(0, bytes)
  }
  await content.verify()
}

async function verify(file: FileHandle, before: BigIntStats): Promise<void> {
  const after = await file.stat({ bigint: true })
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
    throw new ProtocolError('file_changed', 'somebody wrote to the file while it was being sent')
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'we may not read it',
  EIO: 'the disk fails',
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
  const reason = why ?? REASONS[(cause as NodeJS.ErrnoException).code ?? ''] ?? 'it cannot be opened'
  // Node gives arguments as text: what was no UTF-8 in them is U+FFFD.
  const lost = path.includes('\ufffd') ? '; a name that is not UTF-8 is sent with the directory it is in' : ''
  return new FileError('file_not_readable', `cannot send ${path}: ${reason}${lost}`, { cause })
}
