/**
 * Writing a file from a position on, behind whoever has more to write: what comes while one write is under way is written in the next.
 *
 * @module
 */
import type { FileHandle } from 'node:fs/promises'
import { asNotSaved } from './on-disk.ts'

/** So much may wait before whoever writes must. */
const MOST_BYTES = 1024 * 1024

export class Appender {
  readonly #directory: string
  readonly #file: FileHandle
  #position: number
  #waiting: Uint8Array[] = []
  #bytes = 0
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
    return this.#position + this.#bytes
  }

  /**
   * @param piece - not to be written over afterwards.
   * @returns what is to be waited for before the next, if anything.
   * @throws FileError `file_not_saved`, perhaps of an earlier piece.
   */
  write(piece: Uint8Array): Promise<void> | undefined {
    if (this.#error !== undefined) throw this.#error
    this.#waiting.push(piece)
    this.#bytes += piece.length
    this.#writing ??= this.#next()
    return this.#bytes < MOST_BYTES ? undefined : this.#turn()
  }

  /**
   * Waits until everything is written.
   *
   * @throws FileError `file_not_saved`.
   */
  async end(): Promise<void> {
    while (this.#writing) await this.#writing
    if (this.#error !== undefined) throw this.#error
  }

  async #turn(): Promise<void> {
    await this.#writing
    if (this.#error !== undefined) throw this.#error
  }

  // Never rejects: nobody may be waiting.
  async #next(): Promise<void> {
    const pieces = this.#waiting
    this.#waiting = []
    try {
      await this.#write(pieces)
    } catch (error) {
      this.#error = asNotSaved(this.#directory, error)
      this.#waiting = []
    }
    this.#writing = this.#waiting.length > 0 ? this.#next() : undefined
  }

  async #write(pieces: Uint8Array[]): Promise<void> {
    let left = pieces
    while (left.length > 0) {
      const { bytesWritten } = await this.#file.writev(left, this.#position)
      this.#position += bytesWritten
      this.#bytes -= bytesWritten
      left = rest(left, bytesWritten)
    }
  }
}

/** What is left to write: a disk that becomes full takes less than it is given, and then nothing. */
function rest(pieces: Uint8Array[], written: number): Uint8Array[] {
  let skip = written
  let first = 0
  for (const piece of pieces) {
    if (skip < piece.length) break
    skip -= piece.length
    first++
  }
  const left = pieces.slice(first)
  if (skip > 0 && left[0]) left[0] = left[0].subarray(skip)
  return left
}
