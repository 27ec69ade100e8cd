/**
 * Writing a file from a position on, so that the sender of more need not wait. What comes is gathered in two buffers: while one is being written, the
 * other is filled. Keeping the pieces themselves until they are written costs more than copying them: the garbage collector's time.
 *
 * @module
 */
import type { FileHandle } from 'node:fs/promises'
import { asNotSaved } from './errors.ts'

const BUFFER_BYTES = 512 * 1024
/** Kept for the next file. */
const MOST_SPARE = 4
const spare: Uint8Array[] = []

export class Appender {
  readonly #directory: string
  readonly #file: FileHandle
  #position: number
  #buffer: Uint8Array | undefined
  #filled = 0
  #writing: Promise<void> | undefined
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
      .catch((error) => {
        this.#error = asNotSaved(this.#directory, error)
      })
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
  }
}
