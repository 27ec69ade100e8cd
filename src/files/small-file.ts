/**
 * Files that hold little: a password, a key, settings. What is too large for that is not read further, wherever it comes from: a path may
 * name a device that never ends.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { isSystemError } from '../lib/system-errors.ts'
import { refuseIfOpenToOthers } from './private-files.ts'

const PIECE_BYTES = 64 * 1024
const LINE_FEED = 0x0a

/** What is asked of such a file. */
export interface SmallFileOptions {
  /** The most that it, or its first line, may have. */
  readonly maxBytes: number
  /** Whether others may read it. Default: no. */
  readonly mayBeShared?: boolean
  /** Only its first line is wanted, without the line feed: what gives one, such as a pipe, need not end. */
  readonly firstLine?: boolean
}

/**
 * Reads such a file, to its end or to that of its first line: the size that the file system tells is not asked for. Of a pipe without
 * a writer, one is waited for.
 *
 * @throws FileError `file_not_private` when it is a file that others can read; the error of the file system, `EFBIG` when it is larger.
 */
export function readSmallFile(path: string, options: SmallFileOptions): Buffer {
  const file = openSync(path, 'r')
  try {
    const stats = fstatSync(file)
    // Of a file only: a pipe or a descriptor, such as <(…), has no readers to fear.
    if (stats.isFile() && !options.mayBeShared) refuseIfOpenToOthers(path, stats)
    return readOpen(file, path, options)
  } catch (error) {
    // Of reading, the system's error does not say what was read.
    throw isSystemError(error) ? Object.assign(error, { path }) : error
  } finally {
    closeSync(file)
  }
}

function readOpen(file: number, path: string, { maxBytes, firstLine = false }: SmallFileOptions): Buffer {
  const pieces: Buffer[] = []
  for (let length = 0; ; ) {
    // One byte more than may be there.
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, maxBytes + 1 - length))
    const bytes = readSync(file, piece, 0, piece.length, null)
    const part = piece.subarray(0, bytes)
    const end = firstLine ? part.indexOf(LINE_FEED) : -1
    pieces.push(end < 0 ? part : part.subarray(0, end))
    length += end < 0 ? bytes : end
    if (length > maxBytes) throw tooLarge(path, maxBytes)
    if (bytes === 0 || end >= 0) return Buffer.concat(pieces)
  }
}

function tooLarge(path: string, maxBytes: number): NodeJS.ErrnoException {
  const message = `EFBIG: more than ${maxBytes} bytes, read '${path}'`
  return Object.assign(new Error(message), { code: 'EFBIG', syscall: 'read', path })
}
