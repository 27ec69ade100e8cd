/**
 * Frames over a byte stream: `u16 length || bytes`, docs/protocol.md §5. For a stranger nothing larger than what was asked for is ever
 * set aside, besides what came with it in one piece; and a stream from which no more is asked for pushes back on its sender.
 */
import type { Duplex } from 'node:stream'
import { concat, u16 } from '../bytes.ts'
import { CodecError, TransportError } from '../errors.ts'
import { giveBack, readInPlace } from './in-place.ts'

/** From the first byte of a frame to its last. */
export const STALL_TIMEOUT_MS = 30_000
const LINGER_MS = 1_000
/** So much may wait in the stream: enough to keep the connection busy while the event loop does something else. */
const FULL_BYTES = 512 * 1024
/** Shorter parts before the first long one are put together: that costs less than to write each. */
const GATHERED_BYTES = 4096

/** A longer frame that does not come at once is put together in memory that is kept for the next such one, of all wires. */
const LONG_BYTES = 32 * 1024
const LONGEST = 0xffff
let spare: ArrayBuffer | undefined

/** For tests, and for those who know their connection. */
export interface WireOptions {
  /** From the first byte of a frame to its last. */
  readonly stallTimeoutMs?: number | undefined
  /** How much may wait to be sent. */
  readonly fullBytes?: number | undefined
}

/** Takes frames as they come. */
export interface FrameReader {
  /** The shortest that a frame may be, in bytes. */
  readonly min: number
  /** And the longest. */
  readonly max: number
  /** Takes one. The bytes are good during the call only. */
  deliver(bytes: Uint8Array): void
  /** The stream ended where it may. */
  ended(): void
  /** The stream broke, or a frame is not as long as it may be. */
  failed(error: Error): void
}

/** What a reader has asked for. */
interface Demand extends FrameReader {
  /** So many bytes; without it a frame. */
  readonly exactly?: number
}

/** Reads and writes whole frames; one reader at a time. */
export class Wire {
  readonly #stream: Duplex
  readonly #stallTimeoutMs: number
  readonly #fullBytes: number
  /** Whether nothing refers to what was written once the stream says so: another stream may pass it on. */
  readonly #last: boolean
  #corked = false
  #demand: Demand | undefined
  #paused = false
  #flowing = false
  /** What came and was not asked for yet: a copy. */
  #rest: Uint8Array | undefined
  /** The first byte of a frame's length, when the second is still to come. */
  #high: number | undefined
  /** How long what is being read is, once it is known. */
  #length: number | undefined
  /** What has come of it, when it did not come at once. */
  #partial: Uint8Array<ArrayBuffer> | undefined
  #have = 0
  #ended = false
  #lingering = false
  #error: Error | undefined
  /** How many have been delivered, how many had been when the last one was seen half way, and when that was. */
  #frames = 0
  #watched = -1
  #begunAt = 0
  #stallTimer: ReturnType<typeof setTimeout> | undefined

  /**
   * @param stream - a connected socket, or any duplex stream of bytes. Its errors are reported to the reader.
   */
  constructor(stream: Duplex, options: WireOptions = {}) {
    this.#stream = stream
    this.#stallTimeoutMs = options.stallTimeoutMs ?? STALL_TIMEOUT_MS
    this.#fullBytes = options.fullBytes ?? FULL_BYTES
    const take = (bytes: Uint8Array) => this.#take(bytes)
    this.#last = readInPlace(stream, take)
    if (!this.#last) stream.pause().on('data', take)
    stream.on('end', () => this.#onEnd())
    stream.on('close', () => this.#onEnd())
    stream.on('error', (error: Error) => {
      this.#error ??= error
      this.#onEnd()
    })
  }

  /**
   * Exactly `length` bytes.
   *
   * @returns nothing when the stream ended before the first of them.
   * @throws TransportError `channel_truncated` when it ended, or broke, in between; `peer_silent` when they are too slow.
   */
  read(length: number): Promise<Uint8Array | undefined> {
    return this.#once({ exactly: length, min: length, max: length })
  }

  /**
   * The next frame's content.
   *
   * @param min - with `max`, the lengths that may be; any other is refused before a byte of the content is awaited.
   * @returns nothing when the stream ended between two frames.
   * @throws CodecError `malformed` for a length out of bounds; TransportError as `read`.
   */
  readFrame(min: number, max: number): Promise<Uint8Array | undefined> {
    return this.#once({ min, max })
  }

  /** From now on `reader` gets every frame as it comes, until `pause`. What it throws is its own to catch. */
  readFrames(reader: FrameReader): void {
    this.#want(reader)
  }

  /** No more frames, until `resume`; they wait in the connection. */
  pause(): void {
    this.#paused = true
  }

  /** Reads on after `pause`. */
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#goOn()
  }

  /** Writes bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#stream.write(bytes)
  }

  /**
   * Writes one frame, whose content may come in parts. Whether to wait before the next one, `full` says.
   *
   * @param content - the wire's from now on: the memory of long parts is given back as soon as they are sent.
   */
  writeFrame(...content: Uint8Array[]): void {
    let length = 0
    for (const part of content) length += part.length
    // Without putting together what is long.
    const header = [u16(length)]
    let parts = 0
    for (let part = content[0]; part && part.length < GATHERED_BYTES; part = content[++parts])
      header.push(part)
    this.#stream.write(Buffer.concat(header))
    for (let part = content[parts]; part; part = content[++parts]) {
      const sent = part
      if (this.#last && part.length >= GATHERED_BYTES) this.#stream.write(part, () => giveBack(sent))
      else this.#stream.write(part)
    }
  }

  /** Has frames go out together, in one system call, when `uncork` is called. */
  cork(): void {
    if (!this.#corked) this.#stream.cork()
    this.#corked = true
  }

  /** Writes what was held back since `cork`. */
  uncork(): void {
    if (this.#corked) this.#stream.uncork()
    this.#corked = false
  }

  /** Whether so much waits to be sent that more would only take up memory. */
  get full(): boolean {
    // A stream that keeps more than that by itself does not say when it has drained.
    return this.#stream.writableNeedDrain && this.#stream.writableLength >= this.#fullBytes
  }

  /** Resolves when the stream has sent what it was given, or never will. */
  drained(): Promise<void> {
    const stream = this.#stream
    if (!this.full) return Promise.resolve()
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
    if (!this.#stream.writableEnded) this.#stream.end()
  }

  /**
   * Ends our half and throws away what still comes, for a second at most: a connection that is closed with bytes unread
   * is reset, and the last thing we said would be lost with it.
   */
  linger(): void {
    const stream = this.#stream
    this.#lingering = true
    this.#stopStallTimer()
    stream.resume()
    stream.end()
    const timer = setTimeout(() => stream.destroy(), LINGER_MS)
    stream.on('close', () => clearTimeout(timer))
  }

  /** Closes both halves at once. */
  destroy(): void {
    this.#stream.destroy()
  }

  #once(what: Pick<Demand, 'exactly' | 'min' | 'max'>): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      const over = () => {
        this.#demand = undefined
      }
      this.#want({
        ...what,
        deliver(bytes) {
          over()
          resolve(bytes.slice())
        },
        ended() {
          over()
          resolve(undefined)
        },
        failed(error) {
          over()
          reject(error)
        },
      })
    })
  }

  #want(demand: Demand): void {
    if (this.#demand) throw new TypeError('Wire: there is a reader already')
    this.#demand = demand
    this.#goOn()
  }

  /** Gives what has come to the reader who has asked for it, and has more come if that was not enough. */
  #goOn(): void {
    const rest = this.#rest
    this.#rest = undefined
    if (rest) this.#read(rest, true)
    if (this.#ended) this.#tellEnd()
    else if (this.#wantsMore && !this.#flowing) {
      this.#flowing = true
      this.#stream.resume()
    }
  }

  get #wantsMore(): boolean {
    return this.#demand !== undefined && !this.#paused && this.#rest === undefined
  }

  /** @returns whether more may come now. */
  #take(bytes: Uint8Array): boolean {
    if (this.#lingering) return true
    const rest = this.#rest
    if (rest) this.#read(concat(rest, bytes), true)
    else this.#read(bytes, false)
    if (this.#wantsMore) return true
    this.#flowing = false
    this.#stream.pause()
    return false
  }

  /** @param isCopy - what is not is overwritten by what comes next. */
  #read(bytes: Uint8Array, isCopy: boolean): void {
    this.#rest = undefined
    let at = 0
    while (this.#demand && !this.#paused) {
      const demand = this.#demand
      if (this.#length === undefined) {
        if (demand.exactly !== undefined) this.#length = demand.exactly
        else if (at === bytes.length) break
        else {
          at = this.#readLength(demand, bytes, at)
          continue
        }
      }
      const length = this.#length
      if (this.#have === 0 && bytes.length - at >= length) {
        at += length
        this.#deliver(demand, bytes.subarray(at - length, at))
        continue
      }
      if (at === bytes.length) break
      this.#partial ??= roomFor(length)
      const taken = bytes.subarray(at, at + length - this.#have)
      this.#partial.set(taken, this.#have)
      this.#have += taken.length
      at += taken.length
      if (this.#have === length) this.#deliver(demand, this.#partial)
    }
    // Copied once: a reader of a little at a time would have all of it copied each time.
    if (at < bytes.length && !this.#lingering) this.#rest = isCopy ? bytes.subarray(at) : bytes.slice(at)
    else if (isCopy && this.#last) giveBack(new Uint8Array(bytes.buffer))
    this.#watch()
  }

  /** @returns up to where it has read. */
  #readLength({ min, max }: Demand, bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number
    if (this.#high === undefined) {
      this.#high = byte
      return at + 1
    }
    const length = (this.#high << 8) | byte
    this.#high = undefined
    if (length < min || length > max) {
      this.#fail(new CodecError(`frame: expected ${min} to ${max} bytes, got ${length}`))
    } else this.#length = length
    return at + 1
  }

  #deliver(demand: Demand, bytes: Uint8Array): void {
    const partial = this.#partial
    this.#frames++
    this.#length = undefined
    this.#partial = undefined
    this.#have = 0
    demand.deliver(bytes)
    if (bytes === partial && bytes.length > LONG_BYTES) spare = partial.buffer
  }

  #onEnd(): void {
    this.#ended = true
    this.#stopStallTimer()
    this.#tellEnd()
  }

  #tellEnd(): void {
    const demand = this.#demand
    // What came before is read before.
    if (!demand || this.#paused || this.#rest) return
    if (this.#error) this.#fail(truncated(this.#error))
    else if (this.#midway) this.#fail(truncated())
    else {
      this.#demand = undefined
      demand.ended()
    }
  }

  #fail(error: Error): void {
    const demand = this.#demand
    this.#demand = undefined
    this.#stopStallTimer()
    demand?.failed(error)
  }

  /** Whether something has begun to come, and is not there whole. */
  get #midway(): boolean {
    if (this.#high !== undefined || this.#have > 0) return true
    return this.#length !== undefined && this.#demand?.exactly === undefined
  }

  /** Sees to it that what has begun is there in time. The timer is not set anew for each frame: that would cost as much as to read one. */
  #watch(): void {
    if (!this.#demand || !this.#midway || this.#watched === this.#frames) return
    this.#watched = this.#frames
    this.#begunAt = performance.now()
    this.#stallTimer ??= setTimeout(() => this.#lookAgain(), this.#stallTimeoutMs)
  }

  #lookAgain(): void {
    this.#stallTimer = undefined
    if (!this.#demand || !this.#midway) return
    const left = this.#begunAt + this.#stallTimeoutMs - performance.now()
    if (left > 0) this.#stallTimer = setTimeout(() => this.#lookAgain(), left)
    else this.#fail(new TransportError('peer_silent', 'the peer began a frame and did not finish it'))
  }

  #stopStallTimer(): void {
    clearTimeout(this.#stallTimer)
    this.#stallTimer = undefined
  }
}

function roomFor(length: number): Uint8Array<ArrayBuffer> {
  if (length <= LONG_BYTES) return new Uint8Array(length)
  const room = spare ?? new ArrayBuffer(LONGEST)
  spare = undefined
  return new Uint8Array(room, 0, length)
}

function truncated(cause?: Error): TransportError {
  return new TransportError('channel_truncated', 'the connection was cut before its authenticated end', {
    cause,
  })
}
