/** A file that a sender has sent, in words. */
import { count, sizeText } from './format.ts'

/** What became of a file: saved, where; or why not. */
export interface FileResult {
  readonly savedAs?: string
  readonly already?: boolean
  /** A code of docs/errors.md, or `file_too_large`: more than is wanted here. */
  readonly code?: string
  readonly why?: string
}

/** What came directly: a file, a directory with all that was in it, or the bytes of the sender's standard input. */
export interface Arrival {
  readonly kind: 'file' | 'directory' | 'bytes'
  /** Made safe already. */
  readonly name: string
  /** In bytes; nothing while it is not known. */
  readonly size?: number | undefined
  /** In a directory. */
  readonly files?: number | undefined
}

/** `report.pdf (27 MB)`, `photos (340 files, 1.2 GB)`. */
export function arrivalText({ name, size, files }: Arrival): string {
  const facts = [
    ...(files === undefined ? [] : [count(files, 'file')]),
    ...(size === undefined ? [] : [sizeText(size)]),
  ]
  return facts.length === 0 ? name : `${name} (${facts.join(', ')})`
}

/** A name that others chose, among our words: in quotes, of which it has none, where it could pass for more than one of them. */
export const nameText = (name: string): string => (name.includes(' ') ? `"${name}"` : name)
