/** A channel as a stream of bytes, for whatever takes Node's streams. */
import { Duplex } from 'node:stream'
import { ProtocolError } from '../errors.ts'

/** What is taken to be written before the writer has to wait. In bytes. */
const HIGH_WATER_MARK = 512 * 1024
/** What comes waits in the inbox, which counts what a piece costs besides its bytes; a stream does not, and would keep half a million of one byte. */
const READ_AHEAD_BYTES = 1

/** The reader of a stream. */
export interface StreamReader {
  /** Takes the next piece; false when it wants no more before `Inbox.resume`. */
  piece(bytes: Uint8Array): boolean
  /** The stream ended, as its sender said; `read` is to be called once all of it has been read. */
  ended(read: () => void): void
}

/** What a stream needs of its channel. */
export interface StreamEnds {
  /** Sends a piece; calls back when more may follow. */
  write(piece: Uint8Array, mayFollow: () => void): void
  /** Ends our half; resolves when the peer has read all of it. */
  end(): Promise<void>
  /** Lets the reader have pieces, until it wants no more. */
  resume(): void
  /** The peer's half has been read to its end. */
  wasRead(): void
  /** The stream was given up before both halves were over. @param code - tells the peer why, where that helps it. */
  abort(code?: 'version_unknown'): void
}

/** Bytes both ways. `Channel.stream` makes them. */
export class ChannelStream extends Duplex implements StreamReader {
  readonly #ends: StreamEnds
  #begun = false
  #endSent = false

  constructor(ends: StreamEnds) {
    super({ readableHighWaterMark: READ_AHEAD_BYTES, writableHighWaterMark: HIGH_WATER_MARK })
    this.#ends = ends
    // The reader and the writer hear why it fails, and the channel tells too. A reader that has read all listens no more:
    // the peer must not end our process by cutting the line then.
    this.on('error', () => {})
  }

  /** Whether our half has been begun, and the peer not been told of its end: to leave it so would be to cut it short. */
  get unfinished(): boolean {
    return this.#begun && !this.#endSent
  }

  piece(bytes: Uint8Array): boolean {
    try {
      return this.push(bytes)
    } catch (error) {
      // Of a listener for data: the program's own, as on any stream, and not the peer's.
      queueMicrotask(() => {
        throw error
      })
      return true
    }
  }

  ended(read: () => void): void {
    this.once('end', () => {
      read()
      this.#ends.wasRead()
    })
    this.push(null)
  }

  /** What comes. Unlike Node's own, to read to the end, or to leave the loop, does not destroy our half with the peer's. */
  override [Symbol.asyncIterator](): NodeJS.AsyncIterator<Uint8Array> {
    return this.iterator({ destroyOnReturn: false })
  }

  override _read(): void {
    this.#ends.resume()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#begun = true
    this.#ends.write(chunk, done)
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: () => void): void {
    this.#begun = true
    let left = chunks.length
    const mayFollow = () => {
      if (--left === 0) done()
    }
    for (const { chunk } of chunks) this.#ends.write(chunk, mayFollow)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#begun = true
    this.#endSent = true
    this.#ends.end().then(() => done(), done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const over = this.writableFinished && this.readableEnded
    const isVersion = error instanceof ProtocolError && error.code === 'version_unknown'
    if (!over) this.#ends.abort(isVersion ? 'version_unknown' : undefined)
    done(error)
  }
}
