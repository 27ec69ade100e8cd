/**
 * A file that somebody has sent, in words.
 *
 * @module
 */
import { safeName } from '../files/safe-name.ts'
import type { FileNote } from '../lib/mls/files.ts'

/** What became of a file: saved, where; or why not. */
export interface FileFate {
  readonly savedAs?: string
  /** It was there before. */
  readonly already?: boolean
  /** A code of docs/errors.md, or `file_too_large`: more than is wanted here. */
  readonly code?: string
  /** In words. */
  readonly why?: string
}

/** A file's name as it can be shown, and saved. */
export function shownName({ name }: Pick<FileNote, 'name'>): string {
  return safeName(name)
}
