/**
 * Files to be sent: regular ones only, that stay what they are while they are read.
 *
 * @module
 */
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { ProtocolError } from '../lib/errors.ts'
import { FileError } from './private-files.ts'

const PIECE_BYTES = 64 * 1024

/** A file that is open for sending. */
export interface Outgoing {
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
  let file: FileHandle
  try {
    // A pipe would keep us waiting for somebody who writes to it.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    throw notReadable(path, REASONS[(cause as NodeJS.ErrnoException).code ?? ''], cause)
  }
  try {
    const before = await file.stat({ bigint: true })
    if (!before.isFile()) throw notReadable(path, kindOf(before))
    return {
      path,
      name: basename(path),
      size: Number(before.size),
      content: () => read(file, before),
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function* read(file: FileHandle, before: BigIntStats): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read({ buffer: new Uint8Array(PIECE_BYTES), position })
    if (bytesRead === 0) break
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
  const after = await file.stat({ bigint: true })
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
    throw new ProtocolError('file_changed', 'somebody wrote to the file while it was being sent')
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

function notReadable(path: string, why = 'it cannot be opened', cause?: unknown): FileError {
  return new FileError('file_not_readable', `cannot send ${path}: ${why}`, { cause })
}
