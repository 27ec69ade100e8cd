/** Keeping files that others sent: in one directory, under a name of their own, whole or not at all. */
import { constants } from 'node:fs'
import { access, type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import type { SavedFile } from '../lib/paths.ts'
import type { Abandoned, FileAttributes, FileSink } from '../lib/transfer/index.ts'
import { modeOf, setMode, setTime } from './attributes.ts'
import { claimFile, DIRECTORY_MODE, type FileDigest, findFile } from './claim.ts'
import { asNotSaved, notSaved, onDisk } from './errors.ts'
import { holdPart, isOurs, partId, requireRoom, WORTH_KEEPING_BYTES } from './parts.ts'
import { safeName } from './safe-name.ts'

const PIECE_BYTES = 256 * 1024

/** What its sender says of a file. */
export interface Incoming extends FileDigest, FileAttributes {
  /** Anything at all. */
  readonly name: string
}

/**
 * Sees to it that there is such a directory, making it if there is none; what it is in must be there.
 *
 * @throws FileError `file_not_saved`.
 */
export async function ensureOutputDirectory(path: string): Promise<void> {
  const found = await onDisk(path, async () => {
    // Not with its parents: Node's recursive mkdir never returns where a file system has none of a name and lets none be made (/proc).
    await mkdir(path, DIRECTORY_MODE).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return
      if (error.code !== 'ENOENT') throw error
      throw notSaved(path, 'the directory to make it in is not there, or takes no others', error)
    })
    return stat(path)
  })
  if (!found.isDirectory()) throw notSaved(path, 'it is no directory')
}

/** Whether files can be made in a directory, small ones at least. */
export async function isUsable(directory: string): Promise<boolean> {
  try {
    await access(directory, constants.W_OK | constants.X_OK)
    return (await stat(directory)).isDirectory()
  } catch {
    return false
  }
}

/**
 * Keeps a file, under a name made of the one that its sender gave, or the next that is free: nothing that is there is ever replaced or
 * written to. A file of such a name with the very same bytes is this file, and not fetched again.
 *
 * @param directory - an existing one.
 * @param fetch - gives the bytes that `file` describes, or throws: what came before is thrown away then.
 * @throws FileError `file_not_saved` when the file system refuses; what `fetch` throws.
 */
export async function saveIncoming(
  directory: string,
  file: Incoming,
  fetch: () => AsyncIterable<Uint8Array>,
): Promise<SavedFile> {
  const there = await onDisk(directory, () => findFile(directory, safeName(file.name), file))
  if (there !== undefined) return { path: there, already: true }
  const sink = await openIncomingFile(directory, file)
  try {
    await sink.start(0)
    for await (const piece of fetch()) await sink.write(piece)
    await sink.finish(file.sha256)
    return sink.saved as SavedFile
  } catch (error) {
    await sink.abandon('given_up')
    throw error
  }
}

/** A file that is being received: nothing of it is seen before it is whole. */
export interface IncomingFile extends Required<FileSink> {
  /** Where it is, once it is finished. */
  saved?: SavedFile
}

/**
 * Makes a file that has no name yet, or takes what an earlier attempt left of it.
 *
 * @param directory - an existing one.
 * @param sender - who it is from. With it and a size, what comes is kept when it is cut, and resumed when it is sent again.
 * @param mostLeft - as for `holdPart`.
 * @throws FileError `file_not_saved`.
 */
export async function openIncomingFile(
  directory: string,
  {
    name,
    size,
    ...attributes
  }: FileAttributes & { readonly name: string; readonly size?: number | undefined },
  sender?: string,
  mostLeft?: number,
): Promise<IncomingFile> {
  const resumable = sender !== undefined && size !== undefined && size >= WORTH_KEEPING_BYTES
  const id = resumable ? partId(sender, 'file', name, size) : undefined
  const part = await holdPart(directory, id, 'file', mostLeft)
  try {
    const opened = await onDisk(directory, () => openForWriting(part.path, part.found, size ?? 0, attributes))
    const sink: IncomingFile = sinkFor(directory, opened, {
      finish: async (file, length, sha256) => {
        await file.sync()
        const saved = await claimFile(part.path, directory, safeName(name), { size: length, sha256 })
        // Not before: by this time others see whether a part is a leftover, which they may take away.
        if (!saved.already) await setTime(file, attributes)
        await file.close()
        await part.release(false)
        sink.saved = saved
      },
      abandon: (why) => part.release(why === 'cut'),
    })
    try {
      if (size !== undefined) await requireRoom(directory, size - opened.held)
      return sink
    } catch (error) {
      await sink.abandon('cut')
      throw error
    }
  } catch (error) {
    part.forget()
    throw error
  }
}

interface OpenedFile {
  readonly file: FileHandle
  /** How much of it an earlier attempt left. */
  readonly held: number
}

/**
 * Opens what an earlier attempt left of a file, or a new one.
 *
 * @param size - of the whole: what is longer is no beginning of it.
 * @throws the error of the file system; `EPERM` where it is not ours alone.
 */
export async function openForWriting(
  path: string,
  found: boolean,
  size: number,
  attributes: FileAttributes,
): Promise<OpenedFile> {
  if (!found) return { file: await open(path, 'wx+', modeOf(attributes)), held: 0 }
  const file = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0))
  try {
    const stats = await file.stat()
    if (!isOurs(stats, 'file')) throw Object.assign(new Error('not ours'), { code: 'EPERM' })
    await setMode(file, attributes)
    return { file, held: stats.size <= size ? stats.size : 0 }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** What becomes of a file in the end. */
interface Ending {
  /** Called when all of it is written. Closes it. */
  finish(file: FileHandle, length: number, sha256: Uint8Array): Promise<void>
  /** Called when it is closed. */
  abandon(why: Abandoned, length: number): Promise<void>
}

/** Writes what comes of a file, from its beginning or behind what is held of it. */
export function sinkFor(directory: string, { file, held }: OpenedFile, ending: Ending): Required<FileSink> {
  let appender: Appender | undefined
  return {
    copies: true,
    async *held() {
      const buffer = new Uint8Array(Math.min(PIECE_BYTES, held))
      for (let position = 0; position < held; ) {
        const most = Math.min(buffer.length, held - position)
        const { bytesRead } = await onDisk(directory, () => file.read(buffer, 0, most, position))
        if (bytesRead === 0) return
        yield buffer.subarray(0, bytesRead)
        position += bytesRead
      }
    },
    async start(from) {
      await onDisk(directory, () => file.truncate(from))
      appender = new Appender(directory, file, from)
    },
    write: (piece) => appender?.write(piece),
    finish: (sha256) =>
      onDisk(directory, async () => {
        await appender?.end()
        await ending.finish(file, appender?.length ?? 0, sha256)
      }),
    async abandon(why) {
      await appender?.end().catch(() => {})
      await file.close().catch(() => {})
      await ending.abandon(why, appender?.length ?? 0)
    },
  }
}

const BUFFER_BYTES = 512 * 1024
/** After so much the disk begins with it, at the latest: to sync all of a large file at its end takes as long again. */
const SYNC_BYTES = 64 * 1024 * 1024
/** Kept for the next file. */
const MOST_SPARE = 4
const spare: Uint8Array[] = []

/**
 * Writes a file from a position on, so that the sender of more need not wait. What comes is gathered in two buffers: while one is being
 * written, the other is filled. Keeping the pieces themselves until they are written costs more than copying them: the garbage collector's time.
 */
export class Appender {
  readonly #directory: string
  readonly #file: FileHandle
  #position: number
  #buffer: Uint8Array | undefined
  #filled = 0
  #writing: Promise<void> | undefined
  #unsynced = 0
  /** Never rejects: what went wrong is in `#error`. */
  #syncing: Promise<void> | undefined
  #error: unknown

  /** @param directory - where the file is, for errors. */
  constructor(directory: string, file: FileHandle, position: number) {
    this.#directory = directory
    this.#file = file
    this.#position = position
  }

  /** How long the file is once all is written. */
  get length(): number {
    return this.#position + this.#filled
  }

  /**
   * @returns what is to be waited for before the next, if anything.
   * @throws FileError `file_not_saved`, perhaps of an earlier piece.
   */
  write(piece: Uint8Array): Promise<void> | undefined {
    if (this.#error !== undefined) throw this.#error
    this.#buffer ??= spare.pop() ?? new Uint8Array(BUFFER_BYTES)
    const part = piece.subarray(0, BUFFER_BYTES - this.#filled)
    this.#buffer.set(part, this.#filled)
    this.#filled += part.length
    if (this.#filled < BUFFER_BYTES) return undefined
    const rest = piece.subarray(part.length)
    if (this.#writing) return this.#writing.then(() => this.write(rest))
    this.#flush()
    return rest.length > 0 ? this.write(rest) : undefined
  }

  /**
   * Waits until everything is written.
   *
   * @throws FileError `file_not_saved`.
   */
  async end(): Promise<void> {
    await this.#writing
    this.#flush()
    await this.#writing
    await this.#syncing
    if (this.#error !== undefined) throw this.#error
  }

  // Only when nothing is being written.
  #flush(): void {
    const buffer = this.#buffer
    const filled = this.#filled
    if (!buffer) return
    const position = this.#position
    this.#buffer = undefined
    this.#filled = 0
    this.#position += filled
    this.#writing = this.#writeOut(buffer.subarray(0, filled), position)
      // Never rejects: it may not be awaited.
      .catch(this.#failed)
      .finally(() => {
        this.#writing = undefined
        if (spare.length < MOST_SPARE) spare.push(buffer)
      })
  }

  /** A disk that becomes full takes less than it is given, and then nothing. */
  async #writeOut(bytes: Uint8Array, from: number): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, written, bytes.length - written, from + written)
      written += bytesWritten
    }
    this.#unsynced += bytes.length
    if (this.#unsynced < SYNC_BYTES) return
    // No more than twice as much is on its way: to give up would have to wait for it.
    await this.#syncing
    this.#unsynced = 0
    this.#syncing = this.#file.datasync().catch(this.#failed)
  }

  readonly #failed = (error: unknown): void => {
    this.#error = asNotSaved(this.#directory, error)
  }
}
