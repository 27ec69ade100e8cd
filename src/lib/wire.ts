/**
 * Frames over a byte stream: `u16 length || bytes`, docs/protocol.md §5. Reading is by exact amounts, so nothing larger
 * than what was asked for is ever held for a stranger, and an unread stream pushes back on its sender.
 *
 * @module
 */
import type { Duplex } from 'node:stream'
import { concat, readU16, u16 } from './bytes.ts'
import { CodecError, TransportError } from './errors.ts'

/** From the first byte of a frame to its last. */
const STALL_TIMEOUT_MS = 30_000
const LINGER_MS = 1_000
/** So much may wait in the stream: enough to keep the connection busy while the event loop does something else. */
const FULL_BYTES = 128 * 1024
/** The parts of a shorter frame are put together: that costs less than to write each. */
const GATHERED_BYTES = 4096

/** For tests, and for those who know their connection. */
export interface WireOptions {
  /** From the first byte of a frame to its last. */
  readonly stallTimeoutMs?: number | undefined
  /** How much may wait to be sent. */
  readonly fullBytes?: number | undefined
}

/** Reads and writes whole frames; one reader at a time. */
export class Wire {
  readonly #stream: Duplex
  readonly #stallTimeoutMs: number
  readonly #fullBytes: number
  #ended = false
  #error: Error | undefined
  #wake: (() => void) | undefined
  #stallTimer: ReturnType<typeof setTimeout> | undefined
  #stalled = false

  /**
   * @param stream - a connected socket, or any duplex stream of bytes. Its errors are reported by `read` and `drained`.
   */
  constructor(stream: Duplex, options: WireOptions = {}) {
    this.#stream = stream
    this.#fullBytes = options.fullBytes ?? FULL_BYTES
    this.#stallTimeoutMs = options.stallTimeoutMs ?? STALL_TIMEOUT_MS
    stream.on('readable', () => this.#wake?.())
    stream.on('end', () => {
      this.#ended = true
      this.#wake?.()
    })
    stream.on('error', (error: Error) => {
      this.#error ??= error
      this.#wake?.()
    })
    stream.on('close', () => {
      this.#ended = true
      this.#wake?.()
    })
  }

  /**
   * Exactly `length` bytes.
   *
   * @returns nothing when the stream ended before the first of them.
   * @throws TransportError `channel_truncated` when it ended, or broke, in between; `peer_silent` when they are too slow.
   */
  async read(length: number): Promise<Uint8Array | undefined> {
    try {
      return await this.#readExactly(length)
    } finally {
      this.#stopStallTimer()
    }
  }

  /**
   * The next frame's content.
   *
   * @param min - with `max`, the lengths that may be; any other is refused before a byte of the content is awaited.
   * @returns nothing when the stream ended between two frames.
   * @throws CodecError `malformed` for a length out of bounds; TransportError as `read`.
   */
  async readFrame(min: number, max: number): Promise<Uint8Array | undefined> {
    try {
      const header = await this.#readExactly(2)
      if (!header) return undefined
      const length = readU16(header)
      if (length < min || length > max) {
        throw new CodecError(`frame: expected ${min} to ${max} bytes, got ${length}`)
      }
      // The frame has begun: from now on its content is late, even if none of it has come.
      this.#startStallTimer()
      const content = await this.#readExactly(length)
      if (!content) throw truncated()
      return content
    } finally {
      this.#stopStallTimer()
    }
  }

  /** Writes bytes as they are; `false` when the stream asks to wait for `drained`. */
  write(bytes: Uint8Array): boolean {
    return this.#stream.write(bytes)
  }

  /** Writes one frame, whose content may come in parts. Whether to wait before the next one, `full` says. */
  writeFrame(...content: Uint8Array[]): void {
    let length = 0
    for (const part of content) length += part.length
    const header = u16(length)
    if (length < GATHERED_BYTES) {
      this.#stream.write(concat(header, ...content))
      return
    }
    // In one system call, and without putting them together.
    this.#stream.cork()
    this.#stream.write(header)
    for (const part of content) this.#stream.write(part)
    this.#stream.uncork()
  }

  /** Whether so much waits to be sent that more would only take up memory. */
  get full(): boolean {
    return this.#stream.writableLength >= this.#fullBytes
  }

  /** Resolves when the stream has sent what it was given, or never will. */
  drained(): Promise<void> {
    const stream = this.#stream
    if (!this.full || stream.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        stream.off('drain', done)
        stream.off('close', done)
        resolve()
      }
      stream.on('drain', done)
      stream.on('close', done)
    })
  }

  /** Ends our half of the stream. */
  end(): void {
    this.#stream.end()
  }

  /**
   * Ends our half and throws away what still comes, for a second at most: a connection that is closed with bytes unread
   * is reset, and the last thing we said would be lost with it.
   */
  linger(): void {
    const stream = this.#stream
    stream.removeAllListeners('readable')
    stream.resume()
    stream.end()
    const timer = setTimeout(() => stream.destroy(), LINGER_MS)
    stream.on('close', () => clearTimeout(timer))
  }

  /** Closes both halves at once. */
  destroy(): void {
    this.#stream.destroy()
  }

  async #readExactly(length: number): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#error) throw truncated(this.#error)
      const bytes: Uint8Array | null = this.#stream.read(length)
      if (bytes?.length === length) return bytes
      // At the end of the stream read() gives what is left, however little.
      if (bytes) throw truncated()
      if (this.#ended) return undefined
      if (this.#stalled)
        throw new TransportError('peer_silent', 'the peer began a frame and did not finish it')
      if (this.#stream.readableLength > 0) this.#startStallTimer()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }

  #startStallTimer(): void {
    this.#stallTimer ??= setTimeout(() => {
      this.#stalled = true
      this.#wake?.()
    }, this.#stallTimeoutMs)
  }

  #stopStallTimer(): void {
    clearTimeout(this.#stallTimer)
    this.#stallTimer = undefined
  }
}

function truncated(cause?: Error): TransportError {
  return new TransportError('channel_truncated', 'the connection was cut before its authenticated end', {
    cause,
  })
}
