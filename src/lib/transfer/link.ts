/** Frames over a stream of bytes, with back pressure both ways: nothing is read ahead beyond what the stream itself holds and one piece. */
import type { Duplex } from 'node:stream'
import { concat } from '../bytes.ts'
import { giveBack } from '../channel/in-place.ts'
import { ChannelStream } from '../channel/stream.ts'
import { CodecError, SymbolonError, TransportError } from '../errors.ts'
import { encode, FRAME_TYPES, HEADER_BYTES, MAX_CONTROL_BYTES, MAX_DATA_BYTES } from './frames.ts'

/** The stream is paused while so much waits to be taken. */
const HIGH_WATER_BYTES = 256 * 1024
/** More pieces than this become one: a quarter of a million of one byte would cost a hundred times their bytes, and to take one out of so many, milliseconds. */
const MAX_PIECES = 1024
/** What is shorter may be part of memory that others use. */
const WORTH_GIVING_BACK_BYTES = 16 * 1024

/** How long to go on. */
export interface LinkOptions {
  /** Ends the transfer half way. */
  readonly signal?: AbortSignal | undefined
  /** How long the peer may let us wait, in milliseconds, before the transfer fails; for ever, if nothing is said. */
  readonly patienceMs?: number | undefined
}

export interface Header {
  readonly type: number
  readonly length: number
}

export class Link {
  readonly #stream: Duplex
  readonly #patienceMs: number | null
  readonly #signal: AbortSignal | undefined
  readonly #pieces: Uint8Array[] = []
  #waitingBytes = 0
  /** How much of the first piece is taken. */
  #taken = 0
  #ended = false
  #finished = false
  #failure: Error | undefined
  readonly #wakers = new Set<() => void>()

  constructor(stream: Duplex, { signal, patienceMs }: LinkOptions) {
    this.#stream = stream
    this.#signal = signal
    this.#patienceMs = patienceMs ?? null
    stream.on('error', this.#onError)
    stream.on('close', this.#onClose)
    stream.on('end', this.#onEnd)
    stream.on('finish', this.#onFinish)
    stream.on('drain', this.changed)
    signal?.addEventListener('abort', this.#onAbort)
    if (signal?.aborted) this.#onAbort()
    else if (stream.destroyed) this.#onClose()
    stream.on('data', this.#onData)
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  /** Destroys the stream; what waits for it is told why. */
  fail(error: Error): void {
    if (this.#failure) return
    this.#failure = error
    this.#pieces.length = 0
    this.#waitingBytes = 0
    this.#taken = 0
    this.#stream.destroy(error)
    this.leave()
    this.changed()
  }

  /** Leaves the stream, which has ended, to its owner. */
  leave(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#stream.off('data', this.#onData)
    this.#stream.off('drain', this.changed)
    // Those for its end stay: an error without a listener ends the process.
  }

  readonly #onAbort = () => {
    this.fail(this.#signal?.reason instanceof Error ? this.#signal.reason : new Error('aborted'))
  }
  readonly #onError = (cause: Error) => {
    const known = cause instanceof SymbolonError
    this.fail(known ? cause : new TransportError('channel_truncated', 'the stream failed', { cause }))
  }
  readonly #onClose = () => {
    if (this.#ended && this.#finished) return
    this.fail(new TransportError('channel_truncated', 'the stream was cut'))
  }
  readonly #onEnd = () => {
    this.#ended = true
    this.changed()
  }
  readonly #onFinish = () => {
    this.#finished = true
    this.changed()
  }
  readonly #onData = (piece: Uint8Array) => {
    if (piece.length === 0) return
    if (this.#pieces.length === MAX_PIECES) this.#pieces.splice(0, MAX_PIECES, concat(...this.#pieces))
    this.#pieces.push(piece)
    this.#waitingBytes += piece.length
    if (this.#waitingBytes >= HIGH_WATER_BYTES) this.#stream.pause()
    this.changed()
  }

  /** Wakes what waits `until` something. */
  readonly changed = (): void => {
    for (const wake of this.#wakers) wake()
    this.#wakers.clear()
  }

  /**
   * Waits until something holds, looking whenever something has happened.
   *
   * @throws why the link failed; TransportError `peer_silent` where `patienceMs` pass and nothing happens.
   */
  async until(holds: () => boolean, patienceMs: number | null = this.#patienceMs): Promise<void> {
    for (;;) {
      if (this.#failure) throw this.#failure
      if (holds()) return
      let timer: NodeJS.Timeout | undefined
      if (patienceMs !== null) {
        const silent = () =>
          this.fail(new TransportError('peer_silent', `nothing came for ${patienceMs / 1000} s`))
        timer = setTimeout(silent, patienceMs)
      }
      await new Promise<void>((resolve) => this.#wakers.add(resolve))
      clearTimeout(timer)
    }
  }

  /**
   * Does what may take for ever, but no longer than the link lives.
   *
   * @param enough - looked at whenever something has happened: whether it is not wanted any more.
   * @returns nothing when it was enough.
   * @throws what `act` throws; why the link failed.
   */
  during<T>(act: Promise<T>): Promise<T>
  during<T>(act: Promise<T>, enough: () => boolean): Promise<T | undefined>
  async during<T>(act: Promise<T>, enough = () => false): Promise<T | undefined> {
    let settled = false
    const settle = () => {
      settled = true
      this.changed()
    }
    act.then(settle, settle)
    await this.until(() => settled || enough(), null)
    return enough() ? undefined : act
  }

  /** What a source gives, each `during` the link; it is told when no more is wanted. */
  async *each<T>(all: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, void, undefined> {
    const iterator = Symbol.asyncIterator in all ? all[Symbol.asyncIterator]() : all[Symbol.iterator]()
    try {
      for (;;) {
        const { done, value } = await this.during(Promise.resolve(iterator.next()))
        if (done) return
        yield value
      }
    } finally {
      // Not waited for: it may be what hangs.
      void Promise.resolve(iterator.return?.()).catch(() => {})
    }
  }

  /**
   * An error that concerns one item alone.
   *
   * @throws any other.
   */
  errorOfItem(error: unknown): SymbolonError {
    if (error instanceof SymbolonError && error !== this.#failure) return error
    throw error
  }

  // --- reading ---

  /**
   * The next frame's header; its body must be taken before the next.
   *
   * @returns nothing at the end of the stream.
   * @throws CodecError for a frame that is too long; TransportError `channel_truncated` in the middle of one; why the link failed.
   */
  async header(): Promise<Header | undefined> {
    await this.until(() => this.#has(1) || this.#ended)
    if (!this.#has(1)) return undefined
    const [type = 0, a = 0, b = 0, c = 0, d = 0] = await this.#take(HEADER_BYTES)
    const length = a * 0x1000000 + ((b << 16) | (c << 8) | d)
    const most = type === FRAME_TYPES.data ? MAX_DATA_BYTES : MAX_CONTROL_BYTES
    if (length > most) throw new CodecError(`transfer: a frame of ${length} bytes`)
    return { type, length }
  }

  /** The body of a frame other than data. */
  async body({ length }: Header): Promise<Uint8Array> {
    return this.#take(length)
  }

  /**
   * What has come of a data frame's body: its pieces, one by one, as the stream gave them.
   *
   * @param most - how much of the body is still to come, at least 1.
   */
  async piece(most: number): Promise<Uint8Array> {
    if (!this.#has(1)) await this.#have(1)
    if (this.#failure) throw this.#failure
    const [first] = this.#pieces as [Uint8Array]
    return this.#cut(first, Math.min(first.length - this.#taken, most))
  }

  /**
   * Gives back the memory of a record whose last bytes are `piece`, where the stream leaves it to us: to be called when nothing refers any
   * more to them, nor to any before them.
   */
  release({ buffer, byteOffset, length }: Uint8Array): void {
    if (!this.copies || length < WORTH_GIVING_BACK_BYTES) return
    if (byteOffset + length === buffer.byteLength) giveBack(new Uint8Array(buffer))
  }

  /** Whether the stream has copied what it tells as written: one of another make may pass it on, and then it is not ours any more. */
  get copies(): boolean {
    return this.#stream instanceof ChannelStream
  }

  #has(bytes: number): boolean {
    return this.#waitingBytes - this.#taken >= bytes
  }

  async #have(bytes: number): Promise<void> {
    await this.until(() => this.#has(bytes) || this.#ended)
    if (!this.#has(bytes))
      throw new TransportError('channel_truncated', 'the stream ended in the middle of a transfer')
  }

  async #take(bytes: number): Promise<Uint8Array> {
    await this.#have(bytes)
    const [first] = this.#pieces
    if (bytes === 0 || first === undefined) return new Uint8Array(0)
    if (first.length - this.#taken >= bytes) return this.#cut(first, bytes)
    const whole = new Uint8Array(bytes)
    for (let offset = 0; offset < bytes; ) {
      const [piece] = this.#pieces as [Uint8Array]
      const part = this.#cut(piece, Math.min(piece.length - this.#taken, bytes - offset))
      whole.set(part, offset)
      offset += part.length
    }
    return whole
  }

  #cut(first: Uint8Array, bytes: number): Uint8Array {
    const part = first.subarray(this.#taken, this.#taken + bytes)
    this.#taken += bytes
    if (this.#taken === first.length) {
      this.#pieces.shift()
      this.#waitingBytes -= first.length
      this.#taken = 0
      if (this.#waitingBytes < HIGH_WATER_BYTES && this.#stream.isPaused()) this.#stream.resume()
    }
    return part
  }

  // --- writing ---

  /**
   * Writes a frame. Those that are written one after the other, without waiting, travel together.
   *
   * @param written - called when the body may be written over.
   */
  write(type: number, body: Uint8Array, written?: () => void): void {
    if (this.#failure) throw this.#failure
    const header = new Uint8Array(HEADER_BYTES)
    header[0] = type
    new DataView(header.buffer).setUint32(1, body.length)
    this.#stream.cork()
    this.#stream.write(header)
    this.#stream.write(body, written && (() => written()))
    queueMicrotask(() => this.#stream.uncork())
  }

  send(type: number, fields: object): void {
    this.write(type, encode(fields))
  }

  async room(): Promise<void> {
    if (this.#stream.writableNeedDrain || this.#failure)
      await this.until(() => !this.#stream.writableNeedDrain)
  }

  /** Ends our half, and waits until the peer has everything and has ended its own. */
  async end(): Promise<void> {
    this.#stream.end()
    await this.until(() => (this.#finished && this.#ended) || this.#has(1))
    if (this.#has(1)) throw new CodecError('transfer: bytes after the end')
  }
}
