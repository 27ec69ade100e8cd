/**
 * Keeping files that others sent: in one directory, under a name of their own, whole or not at all.
 *
 * @module
 */
import { constants } from 'node:fs'
import { access, type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import type { Abandoned, Attributes, FileSink } from '../lib/transfer/index.ts'
import { Appender } from './append.ts'
import { modeOf, setMode, setTime } from './attributes.ts'
import { claimFile, DIRECTORY_MODE, findFile, type Saved, type Whole } from './claim.ts'
import { notSaved, onDisk } from './on-disk.ts'
import { holdPart, isOurs, type Part, partId, requireRoom, WORTH_KEEPING_BYTES } from './parts.ts'
import { safeName } from './safe-name.ts'

const PIECE_BYTES = 256 * 1024

/** What its sender says of a file. */
export interface Incoming extends Whole, Attributes {
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
): Promise<Saved> {
  const there = await onDisk(directory, () => findFile(directory, safeName(file.name), file))
  if (there !== undefined) return { path: there, already: true }
  const sink = await IncomingFile.open(directory, file)
  try {
    await sink.start(0)
    for await (const piece of fetch()) await sink.write(piece)
    await sink.finish(file.sha256)
    return sink.saved as Saved
  } catch (error) {
    await sink.abandon('given_up')
    throw error
  }
}

/** A file that is coming from somebody: nobody sees it before it is whole. */
export class IncomingFile implements FileSink {
  /** Where it is, once it is finished. */
  saved: Saved | undefined
  readonly #directory: string
  readonly #name: string
  readonly #part: Part
  readonly #file: FileHandle
  readonly #attributes: Attributes
  #held: number
  #appender: Appender | undefined
  #closed = false

  private constructor(
    directory: string,
    name: string,
    part: Part,
    { file, held }: { readonly file: FileHandle; readonly held: number },
    attributes: Attributes,
  ) {
    this.#directory = directory
    this.#name = name
    this.#part = part
    this.#file = file
    this.#held = held
    this.#attributes = attributes
  }

  /**
   * Makes a file that has no name yet, or takes what an earlier attempt left of it.
   *
   * @param directory - an existing one.
   * @param sender - who it is from. With it and a size, what comes is kept when it is cut, and gone on with when it is sent again.
   * @param mostLeft - as for `holdPart`.
   * @throws FileError `file_not_saved`.
   */
  static async open(
    directory: string,
    { name, size, ...attributes }: Attributes & { readonly name: string; readonly size?: number | undefined },
    sender?: string,
    mostLeft?: number,
  ): Promise<IncomingFile> {
    const resumable = sender !== undefined && size !== undefined && size >= WORTH_KEEPING_BYTES
    const id = resumable ? partId(sender, 'file', name, size) : undefined
    const part = await holdPart(directory, id, 'file', mostLeft)
    try {
      const opened = await onDisk(directory, () => openPart(part, size, attributes))
      const sink = new IncomingFile(directory, safeName(name), part, opened, attributes)
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

  async *held(): AsyncGenerator<Uint8Array> {
    yield* piecesOf(this.#directory, this.#file, this.#held)
  }

  async start(from: number): Promise<void> {
    await onDisk(this.#directory, () => this.#file.truncate(from))
    this.#appender = new Appender(this.#directory, this.#file, from)
  }

  write(piece: Uint8Array): Promise<void> | undefined {
    return this.#appender?.write(piece)
  }

  async finish(sha256: Uint8Array): Promise<void> {
    const size = this.#appender?.length ?? 0
    this.saved = await onDisk(this.#directory, async () => {
      await this.#appender?.end()
      await this.#file.sync()
      const saved = await claimFile(this.#part.path, this.#directory, this.#name, { size, sha256 })
      // Not before: by this time others see whether a part is a leftover, which they may take away.
      if (!saved.already) await setTime(this.#file, this.#attributes)
      await this.#close()
      await this.#part.release(false)
      return saved
    })
  }

  async abandon(why: Abandoned): Promise<void> {
    await this.#appender?.end().catch(() => {})
    await this.#close().catch(() => {})
    await this.#part.release(why === 'cut')
  }

  async #close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#file.close()
  }
}

/** What a part has of a file, or a new one. */
async function openPart(
  part: Part,
  size: number | undefined,
  attributes: Attributes,
): Promise<{ file: FileHandle; held: number }> {
  if (part.found) {
    const file = await open(part.path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0))
    try {
      const stats = await file.stat()
      // Longer than the file itself it is no beginning of it.
      if (isOurs(stats, 'file')) {
        await setMode(file, attributes)
        return { file, held: stats.size <= (size ?? 0) ? stats.size : 0 }
      }
      throw Object.assign(new Error('not ours'), { code: 'EPERM' })
    } catch (error) {
      await file.close()
      throw error
    }
  }
  return { file: await open(part.path, 'wx+', modeOf(attributes)), held: 0 }
}

/** The first bytes of a file. */
export async function* piecesOf(
  directory: string,
  file: FileHandle,
  length: number,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(PIECE_BYTES, length))
  for (let position = 0; position < length; ) {
    const most = Math.min(buffer.length, length - position)
    const { bytesRead } = await onDisk(directory, () => file.read(buffer, 0, most, position))
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    position += bytesRead
  }
}
