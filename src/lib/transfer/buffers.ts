/**
 * Memory for what is on its way from a file to the stream.
 *
 * @module
 */

/** What is read, and sent, at once. */
export const PIECE_BYTES = 256 * 1024
/** One is read into while others are on their way. */
const PIECES = 4

/** Pieces of memory that are read into and sent, over and over. */
export class Buffers {
  readonly #free: Uint8Array[] = []
  #made = 0

  has(): boolean {
    return this.#free.length > 0 || this.#made < PIECES
  }

  /** Only when it `has` one. */
  take(): Uint8Array {
    const free = this.#free.pop()
    if (free) return free
    this.#made++
    return new Uint8Array(PIECE_BYTES)
  }

  give(buffer: Uint8Array): void {
    this.#free.push(buffer)
  }
}
