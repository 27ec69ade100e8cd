/** What can be wrong with a file, and what a file system says in these terms. */
import type { Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { type ERROR_CODES, SymbolonError } from '../lib/errors.ts'
import { systemReason } from '../lib/system-errors.ts'

/** A file that others could read or replace though there is a secret in it; or one that cannot be read, saved or put in its place. */
export class FileError extends SymbolonError {
  /** `FileError`. */
  override readonly name = 'FileError'
  /** What cannot be done with the file. */
  readonly code: (typeof ERROR_CODES.file)[number]

  /** @param message - names the file. */
  constructor(code: FileError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'it may not be written to',
  EEXIST: 'it is no directory',
  EFBIG: 'the file is too large for it',
  EIO: 'the disk fails',
  ENAMETOOLONG: 'a name is too long for it',
  ENOENT: 'it is gone',
  ENOTDIR: 'it is no directory',
  EPERM: 'it may not be written to',
}

/**
 * Does something in a directory.
 *
 * @throws FileError `file_not_saved` in place of the file system's error; any other as it is.
 */
export async function onDisk<T>(directory: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw asNotSaved(directory, error)
  }
}

/** An error of the file system as one of ours; any other as it is. */
export function asNotSaved(directory: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined || error instanceof SymbolonError) return error
  return notSaved(directory, REASONS[code] ?? systemReason(code), error)
}

export function notSaved(directory: string, why: string, cause?: unknown): FileError {
  return new FileError('file_not_saved', `cannot save in ${directory}: ${why}`, { cause })
}

/** What is there, not following a link; nothing if there is nothing. */
export async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
