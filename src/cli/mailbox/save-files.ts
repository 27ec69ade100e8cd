/** Files that others have sent: fetched and saved, or said what became of them. */
import { FileError } from '../../files/errors.ts'
import { ensureOutputDirectory, isUsable, saveIncoming } from '../../files/incoming.ts'
import { safeName } from '../../files/safe-name.ts'
import { toBase64url } from '../../lib/bytes.ts'
import { ProtocolError } from '../../lib/errors.ts'
import { type FileNote, fetchFile, fileNoteOf } from '../../lib/mls/files.ts'
import type { Conversation, MailMessage } from '../../lib/mls/mailbox.ts'
import type { MailboxAccess } from '../../lib/mls/mailbox-handle.ts'
import { UsageError } from '../errors.ts'
import { commandOf } from '../installed.ts'
import type { FileResult } from '../terminal/file-result.ts'
import { parseSize, sizeText } from '../terminal/format.ts'
import type { Output } from '../terminal/output.ts'
import { progressSink, SILENT } from '../terminal/progress.ts'

/** Up to which size files are saved, if nothing else is said. */
export const DEFAULT_MAX = '100MB'
/** How much of one sender a run fetches, in files of the largest size. */
export const MAX_FILES_OF_ONE = 10

export const SAVE_OPTIONS = {
  output: { type: 'string', help: ['DIR', 'save files that others send in this directory'] },
  'max-file': { type: 'string', help: ['SIZE', `only those up to this size (default: ${DEFAULT_MAX})`] },
} as const

/** Where files are saved, and up to which size. */
export interface Saving {
  readonly directory: string
  readonly maxBytes: number
  /** Ends it half way; nothing is left of a file then. */
  readonly signal: AbortSignal
  /** Something else is on the terminal. */
  readonly silent: boolean
  readonly record: SaveRecord
}

/** What the command line says about saving; nothing when files are not to be saved. */
export async function savingFrom(
  values: { readonly output?: string | undefined; readonly 'max-file'?: string | undefined },
  signal: AbortSignal,
  silent = false,
): Promise<Saving | undefined> {
  const { output: directory, 'max-file': max } = values
  const maxBytes = parseSize('--max-file', max ?? DEFAULT_MAX)
  if (directory === undefined) {
    if (max === undefined) return undefined
    throw new UsageError('--max-file goes with --output', 'without --output DIR no file is fetched')
  }
  if (directory === '') throw new UsageError('--output: the directory has no name')
  await ensureOutputDirectory(directory)
  return { directory, maxBytes, signal, silent, record: new SaveRecord() }
}

/** How to save the files of a conversation that were shown without. */
export function commandToSave(username: string, of: Conversation): string {
  const which = 'group' in of ? of.group : `--with ${of.with}`
  return `${commandOf('group')} ${username} read ${which} --all --output DIR`
}

/** Whether it is a message that a file is to be fetched for. */
export const isFile = (message: MailMessage): boolean => fileNoteOf(message) !== undefined

/**
 * Fetches a message's file and saves it. What can never be had, and what there is no room for, is said, not thrown: it is passed over.
 *
 * @throws FileError `file_not_saved` when nothing can be saved in the directory, TransportError, the reason of `signal`: the message is to be kept for later.
 */
export async function saveFile(
  handle: MailboxAccess,
  output: Output,
  message: MailMessage,
  { directory, maxBytes, signal, silent, record }: Saving,
): Promise<FileResult> {
  const note = fileNoteOf(message)
  if (!note) return {}
  if (note.size > maxBytes) {
    return { code: 'file_too_large', why: `larger than ${sizeText(maxBytes)} (--max-file): not fetched` }
  }
  const here = record.pathOf(note)
  if (here !== undefined) return { savedAs: here, already: true }
  const most = maxBytes * MAX_FILES_OF_ONE
  if (record.bytesOf(message.from) + note.size > most) {
    const why = `more than ${sizeText(most)} of ${message.from}'s files at once: not fetched`
    return { code: 'file_too_large', why: `${why}${howLater(handle, message)}` }
  }
  const [name, { size }] = [safeName(note.name), note]
  const progress = silent ? SILENT : progressSink(output)
  const onProgress = (bytes: number) => progress.at({ name, bytes, size })
  try {
    const fetch = () => fetchFile(handle.post, note, { onProgress, signal })
    const { path, already } = await saveIncoming(directory, note, fetch)
    record.saved(message.from, note, path, already ? 0 : note.size)
    return { savedAs: path, already }
  } catch (error) {
    if (error instanceof FileError && (await isUsable(directory))) {
      return { code: error.code, why: `${error.message}${howLater(handle, message)}` }
    }
    const why = error instanceof ProtocolError ? WHY.get(error.code) : undefined
    if (why === undefined) throw error
    return { code: (error as ProtocolError).code, why }
  } finally {
    progress.end()
    note.key.wipe()
  }
}

function howLater({ username }: MailboxAccess, { group, with: other }: MailMessage): string {
  if (group === undefined && other === undefined) return ''
  const of = group === undefined ? { with: other ?? '' } : { group }
  return `; to try again: ${commandToSave(username, of)}`
}

const WHY = new Map<string, string>([
  ['file_unknown', 'no longer at the KDC: not saved'],
  ['file_damaged', 'damaged: not saved'],
])

/** What one transfer may fill. */
export interface Reservation {
  /** @returns whether there was room for so much more. */
  reserve(bytes: number): boolean
  /** So much of it has been saved. */
  took(bytes: number): void
  /** The transfer is over: only what it saved still counts. */
  end(): void
}

/** What a run of a tool has saved of others' files: one that is told of again is not fetched again, and no sender fills the disk. */
export class SaveRecord {
  readonly #paths = new Map<string, string>()
  readonly #bytes = new Map<string, number>()

  /** Where a file with these very bytes is. */
  pathOf(note: FileNote): string | undefined {
    return this.#paths.get(keyOf(note))
  }

  /** How many bytes of a sender's files are here, or may be under way. */
  bytesOf(sender: string): number {
    return this.#bytes.get(sender) ?? 0
  }

  #add(sender: string, bytes: number): void {
    this.#bytes.set(sender, this.bytesOf(sender) + bytes)
  }

  /** Room for one transfer, of several that one sender may have under way at the same time. */
  reservation(sender: string, most: number): Reservation {
    let unused = 0
    return {
      reserve: (bytes) => {
        if (this.bytesOf(sender) + bytes > most) return false
        unused += bytes
        this.#add(sender, bytes)
        return true
      },
      took: (bytes) => {
        unused -= bytes
      },
      end: () => {
        this.#add(sender, -unused)
        unused = 0
      },
    }
  }

  saved(sender: string, note: FileNote, path: string, fetchedBytes: number): void {
    this.#paths.set(keyOf(note), path)
    this.#add(sender, fetchedBytes)
  }
}

const keyOf = ({ size, sha256 }: FileNote) => `${size} ${toBase64url(sha256)}`
